// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>What a build came to: a patch and the bytes of its file, or at least one refusal.</summary>
/// <param name="Changes">What differs, for people, as far as it was found.</param>
public sealed record BuildResult(Patch? Patch, ReadOnlyMemory<byte> Bytes, ImmutableArray<PieceChange> Changes, ImmutableArray<Refusal> Refusals)
{
    /// <summary>What is not refused and the author should know (<see cref="DiffResult.Notes"/>).</summary>
    public ImmutableArray<Refusal> Notes { get; init; } = [];

    /// <summary>How far our builds are what is installed, for each program and library that was compared with an installed file.</summary>
    public ImmutableArray<RebuildReport> Rebuilds { get; init; } = [];

    /// <summary>The units of each program and library, for that comparison.</summary>
    internal ImmutableDictionary<string, ImmutableArray<UnitPair>> Units { get; init; } = ImmutableDictionary<string, ImmutableArray<UnitPair>>.Empty;

    public static BuildResult Refused(params ImmutableArray<Refusal> refusals) => new(null, default, [], refusals);

    /// <summary>Wraps the differences of several programs and libraries as one patch file; refused where one of them is.</summary>
    internal static BuildResult Of(ImmutableArray<DiffResult> diffs, BuildOptions options)
    {
        ImmutableArray<PieceChange> changes = [.. diffs.SelectMany(d => d.Changes)];
        ImmutableArray<Refusal> refusals = [.. diffs.SelectMany(d => d.Refusals).Distinct()];
        string[] calling = [.. diffs.Where(d => d.Patch is { Callbacks.IsEmpty: false }).Select(d => d.Patch!.ObjectName)];
        if (calling.Length > 1)
        {
            refusals = [.. refusals, TransitionRefusals.CallbacksOfSeveral.About(options.Name, $"{string.Join(" and ", calling)} have callbacks, and those of one program or library of a patch alone can be called.")];
        }
        if (!refusals.IsEmpty)
        {
            return new BuildResult(null, default, changes, refusals);
        }
        return Of([.. diffs.Select(d => d.Patch!)], changes, options, [.. diffs.SelectMany(d => d.Notes).Distinct()]);
    }

    /// <summary>Wraps one object's difference as a patch file.</summary>
    internal static BuildResult Of(DiffResult diff, BuildOptions options)
    {
        if (diff.Patch is null)
        {
            return new BuildResult(null, default, diff.Changes, diff.Refusals);
        }
        return Of([diff.Patch], diff.Changes, options, diff.Notes);
    }

    private static BuildResult Of(ImmutableArray<ObjectPatch> objects, ImmutableArray<PieceChange> changes, BuildOptions options, ImmutableArray<Refusal> notes)
    {
        var (patch, bytes) = PatchWriter.Encode(objects, options.Name, options.Consistency, options.Replaces, options.Requires);
        return new BuildResult(patch, bytes, changes, []) { Notes = notes };
    }
}
