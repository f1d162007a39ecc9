// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>Damaged object files: a refusal or a patch that keeps the rules, never an exception.</summary>
public sealed class DiffFuzzTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("wfpatch-fuzz-").FullName;

    [Theory]
    [InlineData("cold-part")]
    [InlineData("jump-table")]
    [InlineData("function-table-grows")]
    [InlineData("static-local-kept")]
    [InlineData("string-changed")]
    [InlineData("exception-table")]
    public void Damaged_objects_do_no_harm(string name)
    {
        var @case = DiffCase.Open(name);
        byte[] old = File.ReadAllBytes(@case.Compile("old", _output).Values.Single());
        byte[] @new = File.ReadAllBytes(@case.Compile("new", _output).Values.Single());
        Gen.Select(Gen.Int[64, old.Length - 1].Array[0, 4], Gen.Int[64, @new.Length - 1].Array[0, 4], Gen.Byte.Array[8]).Check((oldPlaces, newPlaces, values) =>
        {
            var before = Parse(old, oldPlaces, values);
            var after = Parse(@new, newPlaces, values.AsSpan(4));
            if (before is null || after is null)
            {
                return true;
            }
            var result = ObjectDiffer.Diff(before, after, new DiffOptions { ObjectName = "server" });
            return result.Patch is { } patch ? PatchRules.Check([patch]).Count == 0 : !result.Refusals.IsEmpty;
        }, count: 3_000);
    }

    public void Dispose() => Directory.Delete(_output, recursive: true);

    private static ElfFile? Parse(byte[] bytes, int[] places, ReadOnlySpan<byte> values)
    {
        byte[] damaged = [.. bytes];
        for (int i = 0; i < places.Length; i++)
        {
            damaged[places[i]] = values[i];
        }
        var (file, _) = ElfFile.Parse(damaged, "damaged.o");
        return file is { IsRelocatable: true } ? file : null;
    }
}
