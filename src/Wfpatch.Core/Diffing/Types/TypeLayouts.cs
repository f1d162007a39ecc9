// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Types;

/// <summary>The layout of a structure, union or class.</summary>
/// <param name="Layout">Equal where members of equal size and kind stand at equal places, whatever their names.</param>
/// <param name="Line">In the source file that defines it.</param>
internal sealed record TypeLayout(string Name, string Layout, ulong Size, ulong Line);

/// <summary>The layouts of all named structures, unions and classes of an object file, by the debug information that it has.</summary>
internal sealed class TypeLayouts
{
    private const int MostSteps = 64;

    private readonly Dictionary<int, DebugEntry> _entries;

    private TypeLayouts(Dictionary<int, DebugEntry> entries) => _entries = entries;

    /// <summary>By name; of several of one name (in several functions) the first.</summary>
    public static ImmutableDictionary<string, TypeLayout> Of(ElfFile file)
    {
        var layouts = new TypeLayouts(DebugReader.ReadAll(file));
        var found = ImmutableDictionary.CreateBuilder<string, TypeLayout>();
        foreach (var entry in layouts._entries.Values.Where(e => e is { IsStructure: true, IsDeclaration: false, ByteSize: not null }))
        {
            if (entry.Name.Length > 0)
            {
                Add(found, entry.QualifiedName, layouts.Layout(entry), entry);
            }
        }
        // typedef struct { ... } name;
        foreach (var entry in layouts._entries.Values.Where(e => e is { Tag: DebugTag.Typedef, Type: not null }))
        {
            if (layouts._entries.GetValueOrDefault(entry.Type!.Value) is { IsStructure: true, Name.Length: 0, IsDeclaration: false } body)
            {
                Add(found, entry.QualifiedName, layouts.Layout(body), body);
            }
        }
        return found.ToImmutable();
    }

    private static void Add(ImmutableDictionary<string, TypeLayout>.Builder to, string name, string layout, DebugEntry entry)
    {
        if (!to.ContainsKey(name))
        {
            to.Add(name, new TypeLayout(name, layout, entry.ByteSize ?? 0, entry.Line));
        }
    }

    private string Layout(DebugEntry structure)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{structure.ByteSize}");
        foreach (var member in structure.Children.Where(c => c.Tag is DebugTag.Member or DebugTag.Inheritance && !c.IsDeclaration))
        {
            // A static member has no location and is a declaration in DWARF 4, a variable in DWARF 5.
            text.Append(CultureInfo.InvariantCulture, $" {member.Location ?? 0}.{member.BitOffset}:{member.BitSize}={Kind(member.Type, 0)}");
        }
        return text.ToString();
    }

    // What a type's bytes are: structures by name, since their own layout is compared as well.
    private string Kind(int? type, int steps)
    {
        if (type is not { } offset || steps > MostSteps || !_entries.TryGetValue(offset, out var entry))
        {
            return "?";
        }
        return entry.Tag switch
        {
            DebugTag.Pointer or DebugTag.Reference or DebugTag.RvalueReference => "pointer",
            DebugTag.Typedef or DebugTag.Const or DebugTag.Volatile or DebugTag.Restrict or DebugTag.Atomic => Kind(entry.Type, steps + 1),
            DebugTag.Array => $"{Kind(entry.Type, steps + 1)}[{string.Join(',', entry.Children.Where(c => c.Tag == DebugTag.Subrange).Select(c => c.Count ?? 0))}]",
            DebugTag.Base => $"{(IsFloat(entry.Encoding) ? "float" : "integer")}{entry.ByteSize}",
            DebugTag.Enumeration => $"integer{entry.ByteSize}",
            _ when entry.IsStructure && entry.Name.Length == 0 => $"({Layout(entry)})",
            _ when entry.IsStructure => entry.QualifiedName,
            _ => $"{(int)entry.Tag}:{entry.ByteSize}",
        };
    }

    // DW_ATE_complex_float and DW_ATE_float (DWARF 5, section 7.8).
    private static bool IsFloat(ulong encoding) => encoding is 3 or 4;
}
