// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Quiescence.Sampling;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Sampling;

/// <summary>Which function an address of a target belongs to, and what it is called: by dynamic symbols, by the symbols of the file that
/// was loaded or of one with debug symbols beside it, by a file with the same code that the user names, and by a patch.</summary>
public sealed class FunctionNames
{
    private const int LargestFile = 512 << 20;

    private readonly Target _target;
    private readonly Dictionary<Address, string> _names = [];
    private readonly HashSet<Address> _exported = [];
    private readonly HashSet<LoadedObject> _read = [];
    private readonly Dictionary<Address, SampledFunction> _functions = [];
    private readonly string? _symbolFile;

    /// <param name="symbolFile">An unstripped build of the main program, or null.</param>
    /// <param name="patch">A patch for the target, whose functions are found by their code; or null.</param>
    /// <param name="original">Memory as it would be without our redirects.</param>
    public FunctionNames(Target target, string? symbolFile, Patch? patch, IMemory original)
    {
        _target = target;
        _symbolFile = symbolFile;
        foreach (var part in patch?.Objects ?? [])
        {
            AddPatch(part, original);
        }
    }

    /// <summary>Null where the address is in no object that is loaded.</summary>
    public SampledFunction? Find(Address at)
    {
        if (_target.Objects.FirstOrDefault(o => o.Image.Range.Contains(at)) is not { } loaded)
        {
            return null;
        }
        if (_read.Add(loaded))
        {
            ReadNames(loaded);
        }
        var start = loaded.UnwindTable is { } table && table.TryFind(at, out var function) ? function.Start : at;
        if (!_functions.TryGetValue(start, out var found))
        {
            found = new SampledFunction(_names.GetValueOrDefault(start, ""), loaded.FileName, OwnerOf(loaded), _exported.Contains(start), start - loaded.Image.ToMemory(0));
            _functions.Add(start, found);
        }
        return found;
    }

    /// <summary>Functions of the program that jump to the start of another one of it.</summary>
    public IEnumerable<SampledFunction> FindJumpers(SampledFunction function, IMemory original)
    {
        var program = _target.Objects[0];
        return function.Owner == CodeOwner.Program && program.UnwindTable is { } table && table.TryFind(program.Image.ToMemory((ulong)function.Offset), out var entered)
            ? BelowPoints.FindJumpers(table.Functions, original, entered).Select(j => Find(j.Start)).OfType<SampledFunction>()
            : [];
    }

    private CodeOwner OwnerOf(LoadedObject loaded) =>
        loaded == _target.Objects[0] ? CodeOwner.Program
        : loaded.FileName == "[vdso]" || loaded.FileName.StartsWith("ld-linux", StringComparison.Ordinal) || loaded.FileName.StartsWith("libc.so", StringComparison.Ordinal)
            || loaded.FileName.StartsWith("libpthread", StringComparison.Ordinal) ? CodeOwner.System : CodeOwner.Library;

    private void ReadNames(LoadedObject loaded)
    {
        foreach (var symbol in loaded.Image.DynamicSymbols.Where(s => s.IsDefined && s.Kind is SymbolKind.Function))
        {
            Add(loaded.Image.ToMemory(symbol.Value), symbol.Name);
            _exported.Add(loaded.Image.ToMemory(symbol.Value));
        }
        AddFile(loaded, MappedFile(loaded), file => file.BuildId == loaded.Image.BuildId);
        if (loaded.Image.BuildId is { Length: > 2 } id)
        {
            AddFile(loaded, $"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug", file => file.BuildId == id);
        }
        if (loaded == _target.Objects[0] && _symbolFile is not null)
        {
            AddFile(loaded, _symbolFile, file => HasCodeOf(loaded.Image, file.Image, file.Memory));
        }
    }

    // Through the target's own root: it may live in a container.
    private string? MappedFile(LoadedObject loaded) => _target.Mappings.FirstOrDefault(m => m.IsFile && loaded.Image.Range.Contains(m.Range.Start)) is { } mapping
        ? $"/proc/{_target.Process}/root{mapping.Path}"
        : null;

    private void AddFile(LoadedObject loaded, string? path, Func<(string? BuildId, ElfImage Image, IMemory Memory), bool> isSame)
    {
        try
        {
            if (path is null || !File.Exists(path) || new FileInfo(path).Length > LargestFile)
            {
                return;
            }
            var bytes = File.ReadAllBytes(path);
            var (image, memory, _) = ElfImage.ReadFile(bytes, loaded.FileName);
            if (image is null || !isSame((image.BuildId, image, memory!)) || ElfFile.Parse(bytes, loaded.FileName).File is not { } file)
            {
                return;
            }
            foreach (var symbol in file.Symbols.Where(s => s.IsDefined && s.Kind is SymbolKind.Function))
            {
                Add(loaded.Image.ToMemory(symbol.Value), symbol.Name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Names are a help; without the file there are fewer.
        }
    }

    /// <summary>Build-ids differ between two builds of the same source; the bytes of the code tell. A few may be changed by a patch that is in force.</summary>
    private bool HasCodeOf(ElfImage loaded, ElfImage file, IMemory fileMemory)
    {
        const int MostChanged = 4096;
        int changed = 0;
        foreach (var (mine, other) in loaded.Segments.Where(s => s.IsExecutable).Zip(file.Segments.Where(s => s.IsExecutable)))
        {
            if (mine.FileSize > LargestFile || mine.FileSize != other.FileSize
                || _target.Memory.Read(mine.Address, (int)mine.FileSize) is not { } a || fileMemory.Read(other.Address, (int)other.FileSize) is not { } b)
            {
                return false;
            }
            changed += a.Zip(b).Count(p => p.First != p.Second);
        }
        return changed <= MostChanged;
    }

    private void AddPatch(ObjectPatch part, IMemory original)
    {
        var loaded = part.ObjectName.Length == 0 ? _target.Objects.FirstOrDefault() : _target.Objects.FirstOrDefault(o => o.FileName.StartsWith(part.ObjectName, StringComparison.Ordinal));
        if (loaded?.UnwindTable is not { } table)
        {
            return;
        }
        ImmutableArray<RunningFunction> candidates = [.. table.Functions.Select(f => new RunningFunction(f, f.Start))];
        foreach (var found in RunPreMatcher.Match(part, candidates, original, loaded.Image).Match?.Functions ?? [])
        {
            if (part.OldFunctions[found.OldFunction].Role != OldFunctionRole.Part)
            {
                Add(found.Running.Entry, part.OldFunctions[found.OldFunction].Name);
            }
        }
    }

    // The first name counts: dynamic symbols come before those of files, global ones of a file are no better than local ones.
    private void Add(Address at, string name) => _names.TryAdd(at, name);
}
