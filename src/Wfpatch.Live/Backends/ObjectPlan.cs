// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends;

/// <summary>What a patch does to one program or library of the process.</summary>
/// <param name="match">Null where this part is in force already and stays as it is.</param>
/// <param name="image">The part's index in TargetState.Images, or -1: it is not there yet.</param>
/// <param name="start">Where its new code lies; of one that is not there yet not known at first.</param>
public sealed class ObjectPlan(ObjectPatch part, LoadedObject loaded, Match? match, int image, Address start)
{
    public ObjectPatch Part => part;

    public LoadedObject Loaded => loaded;

    public Match? Match => match;

    public int Image => image;

    public bool IsChanged => match is not null;

    public Address Start { get; set; } = start;
}
