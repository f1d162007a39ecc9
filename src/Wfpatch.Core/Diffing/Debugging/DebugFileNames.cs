// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>The source files that a unit's entries name by number: the head of its line number program (DWARF 5, section 6.2.4; DWARF 4 has another form).</summary>
internal sealed class DebugFileNames
{
    private const int PathContent = 1, FolderContent = 2;

    private readonly List<string> _folders = [];
    private readonly List<(string Name, ulong Folder)> _files = [];
    private readonly ulong _first;

    private DebugFileNames(ulong first) => _first = first;

    /// <exception cref="MalformedDebugException">The table cannot be understood.</exception>
    public static DebugFileNames Read(DebugSections sections, DebugUnit unit, DebugBudget budget)
    {
        var lines = sections.First(".debug_line");
        lines.Go(unit.Lines ?? ulong.MaxValue);
        lines.Skip(4);
        ulong version = lines.Unsigned(2);
        if (version is < 2 or > 5)
        {
            throw new MalformedDebugException();
        }
        lines.Skip(version == 5 ? 2u : 0);
        // The head's length, lengths of instructions, what special opcodes mean.
        lines.Skip(4 + (version >= 4 ? 5u : 4u));
        lines.Skip((ulong)Math.Max(lines.Byte() - 1, 0));
        var names = new DebugFileNames(version == 5 ? 0u : 1u);
        if (version == 5)
        {
            var forms = new DebugForms(lines, sections.First(".debug_str"), sections.First(".debug_line_str"), DebugBytes.Empty, DebugBytes.Empty);
            names._folders.AddRange(ReadTable(lines, forms, unit, budget).Select(e => e.Name));
            names._files.AddRange(ReadTable(lines, forms, unit, budget));
            return names;
        }
        names._folders.Add(unit.Folder);
        while (lines.Text() is { Length: > 0 } folder)
        {
            names._folders.Add(folder);
        }
        while (lines.Text() is { Length: > 0 } file)
        {
            names._files.Add((file, lines.Leb()));
            lines.Leb();
            lines.Leb();
        }
        return names;
    }

    /// <summary>As the compiler was told it, below the folder that it was started in; null for a number that names none.</summary>
    public string? Find(ulong number, string compiledIn)
    {
        if (number < _first || number - _first >= (ulong)_files.Count)
        {
            return null;
        }
        var (name, folder) = _files[(int)(number - _first)];
        if (name.StartsWith('/') || folder == 0 || folder >= (ulong)_folders.Count)
        {
            return WithoutFolder(name, compiledIn);
        }
        return WithoutFolder($"{_folders[(int)folder]}/{name}", compiledIn);
    }

    private static string WithoutFolder(string path, string folder) =>
        folder.Length > 0 && path.StartsWith(folder + "/", StringComparison.Ordinal) ? path[(folder.Length + 1)..] : path;

    private static List<(string Name, ulong Folder)> ReadTable(DebugBytes lines, DebugForms forms, DebugUnit unit, DebugBudget budget)
    {
        var format = new (ulong Content, ulong Form)[lines.Byte()];
        for (int i = 0; i < format.Length; i++)
        {
            format[i] = (lines.Leb(), lines.Leb());
        }
        var entries = new List<(string, ulong)>();
        for (ulong left = lines.Leb(); left > 0; left--)
        {
            budget.Spend(1 + format.Length);
            string name = "";
            ulong folder = 0;
            foreach (var (content, form) in format)
            {
                var value = forms.Read(form, unit, 0, content == PathContent);
                name = content == PathContent ? value.Text ?? "" : name;
                folder = content == FolderContent ? value.Number : folder;
            }
            entries.Add((name, folder));
        }
        return entries;
    }
}
