// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;

namespace Wfpatch.Live.Targets;

/// <summary>Which of the libraries that we changed are not what we changed any more: unloaded, and perhaps loaded again.</summary>
public static class UnloadedObjects
{
    /// <param name="withReloaded">Also those that lie where they lay, as a library that was unloaded and loaded again may: none of their
    /// redirects is there. (They look the same where someone else took out every redirect.)</param>
    public static ImmutableArray<ObjectState> Find(Target target, TargetState state, bool withReloaded) =>
        [.. state.Objects.Where(o => FindLoaded(target, o) is not { } loaded || (withReloaded && loaded != target.Objects[0] && IsFresh(target, state, o)))];

    /// <summary>What the state says of the objects that it has redirects, hooks or unwinders in.</summary>
    public static ImmutableArray<ObjectState> Describe(Target target, TargetState state) =>
        [.. state.Redirects.Select(r => r.Plan).Concat(state.Hooks.Select(h => h.Plan)).Concat(state.Unwinders.Select(u => u.Plan))
            .Select(p => p.Entry).Concat(state.Entries.Select(e => e.Entry))
            .Select(e => target.Objects.FirstOrDefault(o => o.Image.Range.Contains(e))).OfType<LoadedObject>().Distinct().Select(Describe)];

    private static ObjectState Describe(LoadedObject loaded) => new(loaded.FileName, loaded.Image.Range, loaded.Image.BuildId ?? "");

    private static LoadedObject? FindLoaded(Target target, ObjectState state) => target.Objects.FirstOrDefault(o => Describe(o) == state);

    // No redirect that must be in force is there, and there is one that must.
    private static bool IsFresh(Target target, TargetState state, ObjectState place)
    {
        if (state.Backend == BackendKind.AddressSpace)
        {
            return IsWithoutPins(target, state, place);
        }
        var affected = state.Transition is { } open ? open.Affected(state).SelectMany(i => state.Images[i].Functions).Select(f => f.Entry).ToHashSet() : [];
        var armed = state.Redirects.Where(r => place.Range.Contains(r.Plan.Entry) && MustBeThere(r)).Select(r => r.Plan.Write).ToList();
        return armed.Count > 0 && armed.All(w => target.Memory.Read(w.Address, w.Old.Length).AsSpan().SequenceEqual(w.Old.Span));

        bool MustBeThere(RedirectState redirect) => !affected.Contains(redirect.Plan.Entry)
            ? redirect.Slot >= 0
            : state.Transition!.Phase is TransitionPhase.Migrating or TransitionPhase.CallingFirst or TransitionPhase.CallingLast || (redirect.Slot >= 0 && state.Transition.Phase < TransitionPhase.Migrating);
    }

    // What is unmapped loses its pins, and no view differs there any more (VmFlags in smaps, Documentation/mm/wfgen.rst of the series in kernel/).
    private static bool IsWithoutPins(Target target, TargetState state, ObjectState place)
    {
        const string Pinned = "gp";
        var entries = state.Entries.Where(e => state.View > 0 && place.Range.Contains(e.Entry) && state.VersionOf(e.Entry, state.Applied) is not null).ToList();
        return entries.Count > 0 && target.Proc.ReadMappingFlags().Where(m => m.Flags.Contains(Pinned)).ToList() is var pinned
            && entries.TrueForAll(e => !pinned.Exists(m => m.Range.Contains(e.Entry)));
    }
}
