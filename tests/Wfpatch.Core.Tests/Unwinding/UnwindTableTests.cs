// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

public sealed class UnwindTableTests(ITestOutputHelper output)
{
    public static TheoryData<string> Libraries => InstalledLibraries.Theory();

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Functions_and_rows_are_those_that_readelf_finds(string path)
    {
        var table = ReadFile(path);
        var judge = ReadelfFrames.Of(path);

        Assert.Equal(judge.Functions, table.Functions);
        int cells = 0;
        var wrong = new List<string>();
        foreach (var (at, expected) in judge.Rows)
        {
            var reason = table.FindRow(at, out var row);
            if (reason != UnwindFailureReason.None)
            {
                wrong.Add($"{at}: {reason}");
                continue;
            }
            foreach (var (column, cell) in expected)
            {
                string found = ReadelfFrames.Cell(in row, column);
                cells++;
                if (found != cell && found != "?")
                {
                    wrong.Add($"{at} {column}: {found} instead of {cell}");
                }
            }
        }
        output.WriteLine($"{table.Functions.Length} functions, {judge.Rows.Count} rows, {cells} cells, {wrong.Count} wrong");
        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_address_of_every_function_has_a_row(string path)
    {
        var table = ReadFile(path);
        long rows = 0;
        var failed = new Dictionary<UnwindFailureReason, int>();
        foreach (var function in table.Functions)
        {
            for (var pc = function.Start; pc < function.End; pc += 1)
            {
                var reason = table.FindRow(pc, out _);
                rows++;
                if (reason != UnwindFailureReason.None)
                {
                    failed[reason] = failed.GetValueOrDefault(reason) + 1;
                }
            }
        }
        output.WriteLine($"{table.Functions.Length} functions, {rows} addresses; failed: {string.Join(", ", failed)}");
        Assert.Empty(failed);
    }

    internal static UnwindTable ReadFile(string path)
    {
        var (image, memory, refusal) = ElfImage.ReadFile(File.ReadAllBytes(path), Path.GetFileName(path));
        Assert.True(refusal is null, refusal?.ToString());
        var (table, bad) = UnwindTable.Read(image!, memory!);
        Assert.True(bad is null, bad?.ToString());
        return table!;
    }
}
