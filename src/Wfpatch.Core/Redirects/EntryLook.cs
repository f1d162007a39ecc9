// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Redirects;

/// <summary>What a look at a function's entry finds, just before it is written.</summary>
public enum EntryLook
{
    /// <summary>Neither the old nor the new code of the plan: it was unloaded, or somebody else has changed it. Nothing may be written.</summary>
    Gone,

    /// <summary>The code that the plan knows, which may be changed as planned.</summary>
    Ready,

    /// <summary>The bytes that were to be written stand there already.</summary>
    Done,
}
