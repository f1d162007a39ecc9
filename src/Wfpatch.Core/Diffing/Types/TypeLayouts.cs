// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Wfpatch.Core.Diffing.Debugging;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing.Types;

/// <summary>The layout of a structure, union or class.</summary>
/// <param name="Layout">Equal where members of equal size and kind stand at equal places, whatever their names.</param>
/// <param name="Entry">What describes it.</param>
internal sealed record TypeLayout(string Name, string Layout, ulong Size, DebugEntry Entry);

/// <summary>The layouts of all named structures, unions and classes of an object file, by the debug information that it has.</summary>
internal sealed class TypeLayouts
{
    private const int MostSteps = 64;

    private readonly DebugEntries _entries;

    private TypeLayouts(DebugEntries entries) => _entries = entries;

    /// <summary>By name; of several of one name (in several functions) the first.</summary>
    public ImmutableDictionary<string, TypeLayout> All { get; private set; } = ImmutableDictionary<string, TypeLayout>.Empty;

    /// <summary>Why not all of them are known, in words that follow "it": "has no debug information"; null where all are.</summary>
    public string? Obstacle { get; private set; }

    public static TypeLayouts Of(ObjectModel model)
    {
        var entries = model.DebugEntries;
        var layouts = new TypeLayouts(entries);
        try
        {
            layouts.All = layouts.ReadAll();
            bool hasTypes = entries.All.Any(e => e.Tag is not (DebugTag.Subprogram or DebugTag.Variable or DebugTag.Namespace) && !e.IsUnit);
            layouts.Obstacle = entries.Obstacle is { } obstacle ? $"has debug information that {obstacle}"
                : !entries.Exist ? "has no debug information"
                : hasTypes ? null : "has debug information without types";
        }
        catch (MalformedDebugException malformed)
        {
            layouts.Obstacle = $"has debug information that {malformed.Message}";
        }
        return layouts;
    }

    private ImmutableDictionary<string, TypeLayout> ReadAll()
    {
        var found = ImmutableDictionary.CreateBuilder<string, TypeLayout>();
        foreach (var entry in _entries.All.Where(e => e is { IsStructure: true, IsDeclaration: false, ByteSize: not null, Name.Length: > 0 }))
        {
            Add(found, entry, entry);
        }
        // typedef struct { ... } name;
        foreach (var entry in _entries.All.Where(e => e is { Tag: DebugTag.Typedef, Type: not null }))
        {
            if (_entries.Find(entry.Type) is { IsStructure: true, Name.Length: 0, IsDeclaration: false } body)
            {
                Add(found, entry, body);
            }
        }
        return found.ToImmutable();
    }

    private void Add(ImmutableDictionary<string, TypeLayout>.Builder to, DebugEntry named, DebugEntry body)
    {
        string name = NameOf(named);
        if (!to.ContainsKey(name))
        {
            to.Add(name, new TypeLayout(name, Layout(body, 0), body.ByteSize ?? 0, named));
        }
    }

    private string NameOf(DebugEntry entry)
    {
        // In GCC's type units a structure stands apart and completes a declaration in its namespace.
        string name = (_entries.Find(entry.Origin) ?? entry).QualifiedName;
        _entries.Budget.Spend(name.Length);
        return name;
    }

    private string Layout(DebugEntry structure, int steps)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{structure.ByteSize}");
        foreach (var member in structure.Children.Where(c => c.Tag is DebugTag.Member or DebugTag.Inheritance && !c.IsDeclaration))
        {
            // A static member has no location and is a declaration in DWARF 4, a variable in DWARF 5.
            int before = text.Length;
            text.Append(CultureInfo.InvariantCulture, $" {member.Location ?? 0}.{member.BitOffset}:{member.BitSize}={Kind(member.Type, steps + 1)}");
            _entries.Budget.Spend(text.Length - before);
        }
        return text.ToString();
    }

    // What a type's bytes are: structures by name, since their own layout is compared as well.
    private string Kind(int? type, int steps)
    {
        _entries.Budget.Spend(1);
        if (steps > MostSteps || _entries.Find(type) is not { } entry)
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
            _ when entry is { IsStructure: true, IsDeclaration: true, Type: not null } => Kind(entry.Type, steps + 1),
            _ when entry.IsStructure && entry.Name.Length == 0 => $"({Layout(entry, steps + 1)})",
            _ when entry.IsStructure => NameOf(entry),
            _ => $"{(int)entry.Tag}:{entry.ByteSize}",
        };
    }

    // DW_ATE_complex_float and DW_ATE_float (DWARF 5, section 7.8).
    private static bool IsFloat(ulong encoding) => encoding is 3 or 4;
}
