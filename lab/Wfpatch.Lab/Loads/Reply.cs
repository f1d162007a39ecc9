// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>What a request of a load came back with.</summary>
public enum Reply
{
    /// <summary>Right, and it does not show which version served it.</summary>
    Plain = 0,

    /// <summary>Right, and of the version before the patch.</summary>
    Old = 1,

    /// <summary>Right, and of a later version.</summary>
    New = 2,

    /// <summary>Two versions in one reply, or the old version on a connection that had already seen the new one.</summary>
    Mixed = 3,

    /// <summary>Not what had to come.</summary>
    Wrong = 4,
}
