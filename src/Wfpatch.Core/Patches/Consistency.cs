// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Patches;

/// <summary>What two threads may run at the same time while a patch is brought in or taken back.</summary>
public enum Consistency : byte
{
    /// <summary>Each thread goes over by itself: for a while some run the version before and some the new one.</summary>
    Local = 0,

    /// <summary>All threads go over in one instant: at no time does one run the version before and another one the new one.</summary>
    Global = 1,
}
