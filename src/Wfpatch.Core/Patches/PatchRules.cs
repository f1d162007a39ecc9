// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Numerics;
using Wfpatch.Core.Generations;

namespace Wfpatch.Core.Patches;

/// <summary>What must hold in a patch beyond its encoding: indexes lead somewhere, fields lie in their bytes, something is replaced.
/// Whoever has a patch in hand may rely on it.</summary>
public static class PatchRules
{
    private const uint LargestAlignment = 4096;
    private const int MostProblems = 20;

    /// <summary>The rules that are broken, in words; empty for a sound patch.</summary>
    public static IReadOnlyList<string> Check(ImmutableArray<ObjectPatch> objects)
    {
        var problems = new List<string>();
        if (objects.IsEmpty)
        {
            problems.Add("it changes no object");
        }
        if (objects.Select(o => o.ObjectName).Distinct().Count() != objects.Length)
        {
            problems.Add("it changes an object twice");
        }
        foreach (var each in objects)
        {
            problems.AddRange(CheckObject(each).Take(MostProblems));
        }
        return problems;
    }

    /// <summary>The rules on other patches that are broken.</summary>
    public static IEnumerable<string> CheckOrder(bool replaces, ImmutableArray<RequiredPatch> requires)
    {
        if (replaces && !requires.IsEmpty)
        {
            yield return "it replaces what it needs";
        }
        if (requires.Any(r => !RequiredPatch.IsId(r.Id)) || requires.Select(r => r.Id).Distinct().Count() != requires.Length)
        {
            yield return "it needs a patch twice, or one whose id is none";
        }
    }

    private static IEnumerable<string> CheckObject(ObjectPatch patch) =>
        CheckIdentity(patch)
            .Concat(patch.Symbols.SelectMany((s, i) => CheckSymbol(patch, s, i)))
            .Concat(patch.OldFunctions.SelectMany(f => CheckOldFunction(patch, f)))
            .Concat(patch.Sections.SelectMany(s => CheckSection(patch, s)))
            .Concat(CheckReplacements(patch))
            .Concat(CheckCallbacks(patch));

    private static IEnumerable<string> CheckIdentity(ObjectPatch patch)
    {
        if (patch.ObjectName.Contains('/') || patch.ObjectName.Contains('\0'))
        {
            yield return "an object's name has a folder";
        }
        if (patch.BuildId is { } id && (id.Length is 0 or > 128 || id.Length % 2 != 0 || !id.All(c => char.IsAsciiHexDigitLower(c))))
        {
            yield return "a build-id is not made of lower-case hexadecimal digits";
        }
    }

    private static IEnumerable<string> CheckSymbol(ObjectPatch patch, PatchSymbol symbol, int index)
    {
        if (!Enum.IsDefined(symbol.Kind) || symbol.Section < -1 || symbol.Section >= patch.Sections.Length)
        {
            yield return $"symbol {index} has an unknown kind or section";
            yield break;
        }
        if (symbol.Name.Length == 0)
        {
            yield return $"symbol {index} has no name";
        }
        if (symbol.IsDefinedByPatch)
        {
            ulong room = patch.Sections[symbol.Section].Length;
            if (symbol.Offset > room || symbol.Size > room - symbol.Offset)
            {
                yield return $"symbol {symbol.Display} lies outside its section";
            }
            if (symbol.Kind is PatchSymbolKind.ThreadLocal or PatchSymbolKind.Unknown)
            {
                yield return $"symbol {symbol.Display} cannot be defined by a patch";
            }
        }
        else if (symbol.Offset != 0)
        {
            yield return $"symbol {symbol.Display} has an offset and no section";
        }
        if (symbol.Content is not null && (symbol.Kind != PatchSymbolKind.Constant || symbol.IsDefinedByPatch))
        {
            yield return $"symbol {symbol.Display} has content and is no constant of the old code";
        }
    }

    private static IEnumerable<string> CheckOldFunction(ObjectPatch patch, OldFunction function)
    {
        if (!Enum.IsDefined(function.Role) || function.Name.Length == 0 || function.Bytes.IsEmpty)
        {
            yield return $"old function {function.Name} has no name, no code or an unknown role";
        }
        if ((uint)function.Symbol >= (uint)patch.Symbols.Length
            || patch.Symbols[function.Symbol] is { IsDefinedByPatch: true } or { Kind: not (PatchSymbolKind.Function or PatchSymbolKind.Data) }
            || (patch.Symbols[function.Symbol].Kind == PatchSymbolKind.Data) != (function.Role == OldFunctionRole.Table))
        {
            yield return $"old function {function.Name} has no symbol for its entry";
        }
        if (!IsOfSomething(patch, function))
        {
            yield return $"old function {function.Name} is a copy or a part of none";
        }
        if (CheckRelocations(patch, function.Bytes.Length, function.Relocations, isOldCode: true) is { } problem)
        {
            yield return $"old function {function.Name}: {problem}";
        }
    }

    // A copy is one of a function that is itself none, with the same entry; a part may be one of either.
    private static bool IsOfSomething(ObjectPatch patch, OldFunction function)
    {
        if (function.Of == -1)
        {
            return function.Role != OldFunctionRole.Copy;
        }
        return (uint)function.Of < (uint)patch.OldFunctions.Length && patch.OldFunctions[function.Of] is var whole && function.Role switch
        {
            OldFunctionRole.Copy => whole.Role is OldFunctionRole.Replaced or OldFunctionRole.Anchor or OldFunctionRole.Point && whole.Symbol == function.Symbol,
            OldFunctionRole.Part => whole.Role is OldFunctionRole.Replaced or OldFunctionRole.Copy,
            _ => false,
        };
    }

    private static IEnumerable<string> CheckSection(ObjectPatch patch, PatchSection section)
    {
        if (!Enum.IsDefined(section.Kind) || !BitOperations.IsPow2(section.Alignment) || section.Alignment > LargestAlignment)
        {
            yield return $"section {section.Name} has an unknown kind or alignment";
        }
        if (section.ZeroBytes > 0 && (section.Kind != PatchSectionKind.WritableData || !section.Bytes.IsEmpty))
        {
            yield return $"section {section.Name} has zeros and is no section of zeros";
        }
        if (CheckRelocations(patch, section.Bytes.Length, section.Relocations, isOldCode: false) is { } problem)
        {
            yield return $"section {section.Name}: {problem}";
        }
    }

    private static string? CheckRelocations(ObjectPatch patch, int length, ImmutableArray<PatchRelocation> relocations, bool isOldCode)
    {
        ulong free = 0;
        foreach (var relocation in relocations)
        {
            if (RelocationField.WidthOf(relocation.Type) is not { } width)
            {
                return $"relocation type {(uint)relocation.Type} is unknown";
            }
            if (relocation.Offset < free || relocation.Offset + (ulong)width > (ulong)length)
            {
                return $"the relocation at {relocation.Offset} lies outside or on another one";
            }
            free = relocation.Offset + (ulong)width;
            bool isHole = isOldCode && relocation.Symbol == -1;
            if (!isHole && (uint)relocation.Symbol >= (uint)patch.Symbols.Length)
            {
                return $"the relocation at {relocation.Offset} names no symbol";
            }
            if (isOldCode && !isHole && patch.Symbols[relocation.Symbol].IsDefinedByPatch)
            {
                return $"the relocation at {relocation.Offset} leads from old code to new";
            }
        }
        return null;
    }

    private static IEnumerable<string> CheckCallbacks(ObjectPatch patch)
    {
        bool hasBlock = (uint)patch.CallbackBlock < (uint)patch.Symbols.Length
            && patch.Symbols[patch.CallbackBlock] is { IsDefinedByPatch: true, Size: CallbackBlock.Length } block
            && (uint)block.Section < (uint)patch.Sections.Length
            && patch.Sections[block.Section] is { Kind: PatchSectionKind.WritableData, Alignment: >= 8 } && block.Offset % 8 == 0;
        if (patch.Callbacks.IsEmpty ? patch.CallbackBlock != -1 : !hasBlock)
        {
            yield return "its callbacks have no room, or room has no callbacks";
        }
        foreach (var callback in patch.Callbacks)
        {
            bool isFunction = (uint)callback.Symbol < (uint)patch.Symbols.Length
                && patch.Symbols[callback.Symbol] is { IsDefinedByPatch: true, Kind: PatchSymbolKind.Function } symbol
                && (uint)symbol.Section < (uint)patch.Sections.Length && patch.Sections[symbol.Section].Kind == PatchSectionKind.Code;
            if (!isFunction || !Enum.IsDefined(callback.Kind))
            {
                yield return "a callback is no new function, or of an unknown kind";
            }
        }
        if (patch.Callbacks.GroupBy(c => c.Kind).Any(g => g.Count() > CallbackBlock.MostFunctions))
        {
            yield return "it has too many callbacks of a kind";
        }
    }

    private static IEnumerable<string> CheckReplacements(ObjectPatch patch)
    {
        if (patch.Replacements.IsEmpty)
        {
            yield return "it replaces no function";
        }
        foreach (var replacement in patch.Replacements)
        {
            if ((uint)replacement.OldFunction >= (uint)patch.OldFunctions.Length
                || patch.OldFunctions[replacement.OldFunction].Role != OldFunctionRole.Replaced)
            {
                yield return "a replacement is for no replaced function";
            }
            if ((uint)replacement.NewSymbol >= (uint)patch.Symbols.Length
                || patch.Symbols[replacement.NewSymbol] is not { IsDefinedByPatch: true, Kind: PatchSymbolKind.Function } symbol
                || (uint)symbol.Section >= (uint)patch.Sections.Length
                || patch.Sections[symbol.Section].Kind != PatchSectionKind.Code)
            {
                yield return "a replacement leads to no new function";
            }
        }
        var replaced = patch.Replacements.Select(r => r.OldFunction).ToHashSet();
        bool isOneToOne = replaced.Count == patch.Replacements.Length
            && patch.OldFunctions.Index().All(f => f.Item.Role != OldFunctionRole.Replaced || replaced.Contains(f.Index));
        if (!isOneToOne)
        {
            yield return "a replaced function has no replacement or two";
        }
    }
}
