// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>What must hold of new code before anything is computed from it.</summary>
internal static class NewCodeCheck
{
    public static ImmutableArray<Refusal> Check(ObjectPatch patch, ImageLayout layout, Address start, long largest)
    {
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        if (layout.Size > largest || start.Value > Address.UserEnd.Value - (ulong)layout.Size)
        {
            refusals.Add(LinkRefusals.ImageTooLarge.About("new code", $"The new code takes {layout.Size} bytes, which do not fit at {start}."));
        }
        foreach (var section in patch.Sections)
        {
            CheckSection(patch, section, refusals);
        }
        foreach (var symbol in patch.Symbols.Where(s => s.IsDefinedByPatch))
        {
            if (symbol.Section >= patch.Sections.Length || symbol.Offset > patch.Sections[symbol.Section].Length)
            {
                refusals.Add(Malformed(symbol.Name, $"{symbol.Display} lies outside the new code"));
            }
            else if (symbol.Kind == PatchSymbolKind.ThreadLocal)
            {
                refusals.Add(LinkRefusals.UnsupportedRelocation.About(symbol.Name, $"{symbol.Display} is a new thread-local variable, for which running threads have no room."));
            }
        }
        return refusals.ToImmutable();
    }

    private static void CheckSection(ObjectPatch patch, PatchSection section, ImmutableArray<Refusal>.Builder refusals)
    {
        if (!ImageLayout.IsAlignment(section.Alignment))
        {
            refusals.Add(Malformed(section.Name, $"{section.Name} has an alignment of {section.Alignment}"));
        }
        if (section.Kind > PatchSectionKind.WritableData)
        {
            refusals.Add(Malformed(section.Name, $"{section.Name} is of an unknown kind"));
        }
        foreach (var relocation in section.Relocations.Where(r => !RelocationField.IsMark(r.Type)))
        {
            var rule = FieldRule.Of(relocation.Type);
            string where = $"{section.Name}+0x{relocation.Offset:x}";
            if (!rule.IsSupported)
            {
                refusals.Add(LinkRefusals.UnsupportedRelocation.About(section.Name, $"The relocation at {where} is of type {relocation.Type}, which the linker cannot carry out."));
            }
            else if (relocation.Offset + (ulong)rule.Size > (ulong)section.Bytes.Length)
            {
                refusals.Add(Malformed(section.Name, $"the relocation at {where} lies outside its section"));
            }
            else if ((uint)relocation.Symbol >= (uint)patch.Symbols.Length)
            {
                refusals.Add(Malformed(section.Name, $"the relocation at {where} is to no symbol of the patch"));
            }
            else if (rule.IsThreadOffset != (patch.Symbols[relocation.Symbol].Kind == PatchSymbolKind.ThreadLocal) && patch.Symbols[relocation.Symbol].Kind != PatchSymbolKind.Unknown)
            {
                refusals.Add(Malformed(section.Name, $"the relocation at {where} takes {patch.Symbols[relocation.Symbol].Display} for another kind of symbol"));
            }
        }
    }

    private static Refusal Malformed(string subject, string what) =>
        LinkRefusals.MalformedNewCode.About(subject, $"The patch contradicts itself: {what}; build it again.");
}
