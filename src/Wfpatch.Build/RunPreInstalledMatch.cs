// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Build;

/// <summary>The run-pre match of every apply, made on the installed file already: what would be refused later is refused at build time.</summary>
public sealed class RunPreInstalledMatch : IInstalledMatch
{
    public ImmutableArray<Refusal> Check(ObjectPatch patch, ReadOnlyMemory<byte> installedFile, string fileName)
    {
        var (image, memory, refusal) = ElfImage.ReadFile(installedFile, fileName);
        if (image is null || memory is null)
        {
            return [refusal!];
        }
        var (table, noTable) = UnwindTable.Read(image, memory);
        return table is null
            ? [noTable!]
            // Of imports, names are compared; their addresses cannot be.
            : RunPreMatcher.Match(patch, [.. table.Functions.Select(f => new RunningFunction(f, f.Start))], new BoundFile(image, memory), image).Refusals;
    }

    public ImmutableArray<FunctionDifference> FindDifferent(ObjectPatch program, ReadOnlyMemory<byte> installedFile, string fileName) =>
        ElfImage.ReadFile(installedFile, fileName) is ({ } image, { } memory, _) && UnwindTable.Read(image, memory).Table is { } table
            ? RunPreMatcher.FindDifferent(program, [.. table.Functions.Select(f => new RunningFunction(f, f.Start))], new BoundFile(image, memory), image)
            : [];
}
