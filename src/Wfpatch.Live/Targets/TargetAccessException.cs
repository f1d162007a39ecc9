// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>A call on the target failed: it is gone, it may not be touched, or the kernel said something else. Caught by the
/// controllers, which make a report of it.</summary>
public sealed class TargetAccessException(string what, int error) : Exception($"{what}: errno {error}")
{
    public int Error { get; } = error;

    public bool IsGone => Error == Errno.NoSuchProcess;

    /// <summary>The code that was to be changed is not what it was when it was looked at. Nothing was written there.</summary>
    public Address? ChangedCode { get; private init; }

    public bool IsDenied => Error is Errno.NotPermitted or Errno.NoAccess;

    public static TargetAccessException OfChangedCode(Address at) => new($"the code at {at} has changed", Errno.Fault) { ChangedCode = at };

    public static void ThrowIf(int error, string what)
    {
        if (error != Errno.Success)
        {
            throw new TargetAccessException(what, error);
        }
    }
}
