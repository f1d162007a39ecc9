// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, but something else happens in the target, once, before a controller writes some text into it: the state has names in it.</summary>
public sealed class InterruptedLinux(ILinux real, byte[] text, Action happens) : ForwardedLinux(real)
{
    public bool HasHappened { get; private set; }

    public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
    {
        if (!HasHappened && bytes.IndexOf(text) >= 0)
        {
            HasHappened = true;
            happens();
        }
        return base.Write(memory, address, bytes);
    }
}
