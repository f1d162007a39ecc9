// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Redirects;

/// <summary>What a redirect may use beside a single write to the first instruction, if the target and the machine allow it.</summary>
[Flags]
public enum RedirectMeans
{
    None = 0,

    /// <summary>A later instruction may be changed before; all processors can be serialised between the two writes.</summary>
    Evict = 1,

    /// <summary>A call may be moved: its copy pushes the return address and jumps. Not with shadow stacks, which know only calls.</summary>
    PushReturn = 2,

    All = Evict | PushReturn,
}
