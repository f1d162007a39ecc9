// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>A call on the target failed: it is gone, it may not be touched, or the kernel said something else. Caught by the
/// controllers, which make a report of it.</summary>
public sealed class TargetAccessException(string what, int error) : Exception($"{what}: errno {error}")
{
    public int Error { get; } = error;

    public bool IsGone => Error == Errno.NoSuchProcess && KeptThread is null;

    /// <summary>The code that was to be changed is not what it was when it was looked at. Nothing was written there.</summary>
    public Address? ChangedCode { get; private init; }

    /// <summary>A thread that is attached to and cannot be let go of, other than by the end of the command.</summary>
    public int? KeptThread { get; private init; }

    /// <summary>The first write of all, and the memory file did not take it: the kernel forbids to write into code.</summary>
    public bool IsFirstWrite { get; init; }

    public bool IsDenied => Error is Errno.NotPermitted or Errno.NoAccess;

    public static TargetAccessException OfChangedCode(Address at) => new($"the code at {at} has changed", Errno.Fault) { ChangedCode = at };

    public static TargetAccessException OfKeptThread(int thread, int error) => new($"letting thread {thread} go", error) { KeptThread = thread };

    public static void ThrowIf(int error, string what)
    {
        if (error != Errno.Success)
        {
            throw new TargetAccessException(what, error);
        }
    }
}
