// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics.X86;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>What the processor, which is the target's as well, keeps in registers beyond the general ones.</summary>
internal static class ProcessorState
{
    private const int FeatureLeaf = 1, StateLeaf = 0xd, OsXsaveBit = 27;

    /// <summary>Asked of CPUID (Intel SDM volume 2, CPUID): leaf 01H ECX and leaf 0DH, subleaf 0, EBX, the size for all that is switched on.</summary>
    public static ExtendedState Read()
    {
        if ((X86Base.CpuId(FeatureLeaf, 0).Ecx >> OsXsaveBit & 1) == 0)
        {
            return ExtendedState.Legacy;
        }
        return new ExtendedState(Math.Max(ExtendedState.SmallestSize, X86Base.CpuId(StateLeaf, 0).Ebx), HasXsave: true);
    }
}
