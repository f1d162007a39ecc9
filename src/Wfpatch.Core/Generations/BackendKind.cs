// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Generations;

/// <summary>How generations are made real.</summary>
public enum BackendKind : byte
{
    /// <summary>Redirects to trampolines that ask a thread's word: any kernel.</summary>
    Dispatch = 0,

    /// <summary>Views of the address space: a kernel with address-space generations (docs/mechanisms/address-space-generations.md).</summary>
    AddressSpace = 1,
}

public static class BackendNames
{
    /// <summary>As it is written on the command line and in JSON.</summary>
    public static string NameOf(this BackendKind kind) => kind == BackendKind.AddressSpace ? "aspace" : "dispatch";
}
