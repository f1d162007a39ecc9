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
    public static BuildResult Refused(params ImmutableArray<Refusal> refusals) => new(null, default, [], refusals);

    /// <summary>Wraps one object's difference as a patch file.</summary>
    internal static BuildResult Of(DiffResult diff, BuildOptions options)
    {
        if (diff.Patch is null)
        {
            return new BuildResult(null, default, diff.Changes, diff.Refusals);
        }
        var (patch, bytes) = PatchWriter.Encode([diff.Patch], options.Name, options.Consistency);
        return new BuildResult(patch, bytes, diff.Changes, []);
    }
}
