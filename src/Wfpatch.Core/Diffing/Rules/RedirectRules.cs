// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>
/// What can be known of a redirect before there is a process: whether the old function's beginning can be redirected at all. What holds at every
/// address is refused here; what depends on addresses is a note (docs/decisions/0040).
/// </summary>
internal static class RedirectRules
{
    private const int JumpLength = 5;

    // Any address will do; outside of it, and within reach, lies all that the function refers to.
    private static readonly Address Entry = new(0x1000_0000);
    private const int Elsewhere = 0x2000_0000;

    public static IEnumerable<Refusal> Check(ChangeSet changes) =>
        from included in Replaced(changes)
        let refusal = RedirectPlanner.FindObstacle(included.New.Name, RangeOf(included), CodeOf(included.Old!))
        where refusal is not null
        select refusal.At(included);

    public static IEnumerable<Refusal> Notes(ChangeSet changes) =>
        from included in Replaced(changes)
        from note in NotesAbout(included)
        select note.At(included);

    private static IEnumerable<IncludedPiece> Replaced(ChangeSet changes) => changes.Included.Where(i => i is { IsReplacement: true, Old: { IsOneFunction: true, Undecodable: null } });

    private static IEnumerable<Refusal> NotesAbout(IncludedPiece included)
    {
        var code = CodeOf(included.Old!);
        if (X86.CodeReader.DecodeFirst(code.Span, Entry) is not { } first)
        {
            yield break;
        }
        string name = included.New.Name;
        if (first.FlowControl is FlowControl.Call or FlowControl.IndirectCall && AllowsShadowStacks(included.Unit.Old!.File))
        {
            yield return RedirectRefusals.FirstInstructionFixed.About(name, $"{name} may be refused when it is applied: its first instruction ({first.Mnemonic}) cannot be moved in a process that has shadow stacks.");
        }
        if (EntryBranches.FindInto(code, Entry, new AddressRange(Entry + 1, Entry + first.Length)) is not null || IsEnteredBehind(included, first.Length))
        {
            yield return RedirectRefusals.BranchToEntry.About(name, $"{name} may be refused when it is applied: something leads into the middle of its first instruction, which leaves fewer ways to redirect it.");
        }
        if (code.Length < JumpLength)
        {
            yield return RedirectRefusals.NoRoom.About(name, $"{name} may be refused when it is applied: it takes {code.Length} bytes, and whether a jump fits depends on what lies behind it and where the program is loaded.");
        }
    }

    // A process has shadow stacks only where all of its objects say that they may (psABI, "Program Property": GNU_PROPERTY_X86_FEATURE_1_AND, bit 1).
    private static bool AllowsShadowStacks(Elf.ElfFile file)
    {
        const uint Features = 0xc000_0002, ShadowStacks = 2;
        var properties = file.FindSection(".note.gnu.property") is { } note ? note.Bytes.Span : [];
        for (int at = 0; at + 12 <= properties.Length; at += sizeof(uint))
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(properties[at..]) == Features)
            {
                return (BinaryPrimitives.ReadUInt32LittleEndian(properties[(at + 8)..]) & ShadowStacks) != 0;
            }
        }
        return false;
    }

    // From a part of the function that stands apart, or a table of places in it.
    private static bool IsEnteredBehind(IncludedPiece included, int firstLength) => included.Unit.Old!.ReferrersOf(included.Old!.Index)
        .SelectMany(r => r.References)
        .Any(r => r.Target is PieceTarget target && target.Piece == included.Old.Index && r.Offset > 0 && r.Offset < firstLength);

    private static AddressRange RangeOf(IncludedPiece included) => AddressRange.OfLength(Entry, (long)included.Old!.Size);

    /// <summary>The code as it will stand at <see cref="Entry"/>: references to itself lead into it, all others away from it.</summary>
    private static ReadOnlyMemory<byte> CodeOf(Piece old)
    {
        byte[] code = old.Bytes.ToArray();
        foreach (var reference in old.References)
        {
            bool isDistance = RelocationField.IsPcRelative(reference.Type) && RelocationField.WidthOf(reference.Type) == sizeof(int);
            if (isDistance && (ulong)reference.Field + sizeof(int) <= (ulong)code.Length)
            {
                bool isOwn = reference.Target is PieceTarget target && target.Piece == old.Index;
                int value = isOwn ? (int)(reference.Offset - reference.Field - reference.Bias) : Elsewhere;
                BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan((int)reference.Field), value);
            }
        }
        return code;
    }
}
