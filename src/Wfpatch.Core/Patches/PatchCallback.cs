// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Patches;

/// <summary>When a callback is called (include/wfpatch-patch.h).</summary>
public enum CallbackKind : byte
{
    /// <summary>Before a thread runs the new version. It may say no: then the patch is not applied.</summary>
    PreApply = 0,

    /// <summary>When all threads run the new version.</summary>
    PostApply = 1,

    /// <summary>When the patch is to be taken back, before a thread runs the version before.</summary>
    PreRevert = 2,

    /// <summary>When all threads run the version before again.</summary>
    PostRevert = 3,
}

/// <param name="Symbol">Index of a function that the patch defines.</param>
public readonly record struct PatchCallback(CallbackKind Kind, int Symbol);
