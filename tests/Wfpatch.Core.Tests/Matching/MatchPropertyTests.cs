// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>Functions out of pieces, linked at random places and with random encodings: what was put in is solved.</summary>
public sealed class MatchPropertyTests
{
    private const ulong Place = 0x40_1000;
    private const ulong Slot = 0x48_0000;

    // Old code, its hole and forms of the linked code; S is the symbol's distance, G the slot's, A its absolute value.
    private static readonly (string Old, int Hole, RelocationType Type, long Addend, string[] Linked)[] Pieces =
    [
        ("4889c8", -1, RelocationType.None, 0, ["4889c8"]),
        ("f20f58c1", -1, RelocationType.None, 0, ["f20f58c1"]),
        ("ffc8 75fc", -1, RelocationType.None, 0, ["ffc8 75fc"]),
        ("0f1f4000", -1, RelocationType.None, 0, ["", "90", "660f1f440000"]),
        ("e8 00000000", 1, RelocationType.Plt32, -4, ["e8 S"]),
        ("e8 00000000", 1, RelocationType.Pc32, -4, ["e8 S"]),
        ("0f8f 00000000", 2, RelocationType.Plt32, -4, ["0f8f S"]),
        ("8b05 00000000", 2, RelocationType.Pc32, -4, ["8b05 S"]),
        ("c705 00000000 07000000", 2, RelocationType.Pc32, -8, ["c705 T 07000000"]),
        ("488b0d 00000000", 3, RelocationType.RexGotPcRelX, -4, ["48 8d0d S", "488b0d G", "48 c7c1 A"]),
        ("ff15 00000000", 2, RelocationType.GotPcRelX, -4, ["67 e8 S", "e8 S 90", "ff15 G"]),
        ("48c7c2 00000000", 3, RelocationType.Absolute32S, 0, ["48c7c2 A"]),
    ];

    [Fact]
    public void HolesGiveBackWhatTheyWereFilledWith() =>
        Gen.Select(Gen.Select(Gen.Int[0, Pieces.Length - 1], Gen.Int[0, 5]).Array[1, 30], Gen.Int[0x50_0000, 0x7fff_0000], Gen.Int[0, 400]).Check((chosen, value, damage) =>
        {
            var (old, relocations, running, holes) = Assemble(chosen, (ulong)value);
            var (match, refusals) = Match(old, relocations, running, (ulong)value);
            Assert.Empty(refusals);
            Assert.Equal(relocations.Count > 0, match!.SymbolValues.TryGetValue(1, out ulong solved));
            Assert.Equal(relocations.Count > 0 ? (ulong)value : 0, solved);

            // One bit of what is no hole and no padding: it is never the same function.
            int at = damage % running.Count;
            if (!holes[at])
            {
                running[at] ^= (byte)(1 << (damage % 8));
                Assert.Null(Match(old, relocations, running, (ulong)value).Match);
            }
        }, count: 5_000);

    private static (List<byte> Old, List<PatchRelocation> Relocations, List<byte> Running, List<bool> Holes) Assemble((int Piece, int Form)[] chosen, ulong value)
    {
        var (old, relocations, running, holes) = (new List<byte>(), new List<PatchRelocation>(), new List<byte>(), new List<bool>());
        // push %rbp; at the end pop %rbp; ret: neither is padding.
        foreach (var (piece, form) in chosen.Append((-1, 0)).Prepend((-2, 0)))
        {
            if (piece < 0)
            {
                byte[] frame = piece == -2 ? [0x55] : [0x5d, 0xc3];
                old.AddRange(frame);
                running.AddRange(frame);
                holes.AddRange(frame.Select(_ => false));
                continue;
            }
            var (code, hole, type, addend, linked) = Pieces[piece];
            if (hole >= 0)
            {
                relocations.Add(new PatchRelocation((uint)(old.Count + hole), type, 1, addend));
            }
            old.AddRange(Scenario.Bytes(code, Address.Zero));
            bool isPadding = code.StartsWith("0f1f", StringComparison.Ordinal);
            foreach (string word in linked[form % linked.Length].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                long here = (long)Place + running.Count;
                byte[] bytes = word switch
                {
                    "S" => BitConverter.GetBytes((int)((long)value - here - 4)),
                    "T" => BitConverter.GetBytes((int)((long)value - here - 8)),
                    "G" => BitConverter.GetBytes((int)((long)Slot - here - 4)),
                    "A" => BitConverter.GetBytes((int)value),
                    _ => Convert.FromHexString(word),
                };
                running.AddRange(bytes);
                // Another prefix of a relaxed instruction may mean nothing either.
                bool isFree = isPadding || word is "S" or "T" or "G" or "A" or "90" or "67" or "48";
                holes.AddRange(bytes.Select(_ => isFree));
            }
        }
        return (old, relocations, running, holes);
    }

    private static (Match? Match, ImmutableArray<Refusals.Refusal> Refusals) Match(List<byte> old, List<PatchRelocation> relocations, List<byte> running, ulong value)
    {
        var patch = new ObjectPatch
        {
            ObjectName = "",
            BuildId = null,
            Symbols = [new PatchSymbol("function", "unit.c", PatchSymbolKind.Function, -1, 0, 0, null), new PatchSymbol("symbol", "unit.c", PatchSymbolKind.Data, -1, 0, 0, null)],
            OldFunctions = [new OldFunction("function", "unit.c", OldFunctionRole.Replaced, 0, old.ToArray(), [.. relocations])],
            Sections = [],
            Replacements = [],
        };
        var memory = new SegmentedMemory([(new Address(Place), running.ToArray()), (new Address(Slot), BitConverter.GetBytes(value))]);
        return RunPreMatcher.Match(patch, [new RunningFunction(AddressRange.OfLength(new Address(Place), running.Count), new Address(Place))], memory, null);
    }
}
