// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Xunit;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>
/// One program three times: linked as usual and stripped, laid out in memory with its slots bound as a loader would; the same
/// unstripped, which is the judge; and its objects compiled once more with a section for each function and variable.
/// </summary>
internal sealed class TwinProgram
{
    private readonly ElfFile _judge;
    private readonly Dictionary<(string Unit, string Name), ElfSymbol> _symbols = [];
    private readonly long _threadSize;

    private TwinProgram(ElfFile judge, ElfImage image, OverlayMemory memory, Dictionary<string, ElfFile> objects)
    {
        _judge = judge;
        Image = image;
        Memory = memory;
        Objects = objects;
        string unit = "";
        foreach (var symbol in judge.Symbols)
        {
            unit = symbol.Kind == SymbolKind.File ? symbol.Name : unit;
            string name = symbol.Name.Split('@')[0];
            if (symbol.IsDefined && name.Length > 0 && symbol.Kind != SymbolKind.Section)
            {
                _symbols.TryAdd((symbol.IsLocal ? unit : "", name), symbol);
            }
        }
        var threads = image.ThreadLocalTemplate;
        _threadSize = (long)threads.Length;
        var first = judge.Sections.Where(s => (s.Flags & SectionFlags.ThreadLocal) != 0).Select(s => s.Alignment).DefaultIfEmpty(1UL).Max();
        _threadSize = (_threadSize + (long)first - 1) & -(long)first;
    }

    public ElfImage Image { get; }

    public OverlayMemory Memory { get; }

    /// <summary>By the name of the source.</summary>
    public Dictionary<string, ElfFile> Objects { get; }

    /// <summary>All functions, and the procedure linkage tables, as an unwind table has them.</summary>
    public List<RunningFunction> Functions =>
    [
        .. _judge.Symbols.Where(s => s.Kind == SymbolKind.Function && s.IsDefined && s.Size > 0).Select(s => Running(new Address(s.Value), (long)s.Size)).Distinct(),
        .. _judge.Sections.Where(s => s.Name.StartsWith(".plt", StringComparison.Ordinal)).Select(s => Running(s.Address, (long)s.Size)),
    ];

    public AddressRange RangeOf(string section) => _judge.FindSection(section) is { } found ? AddressRange.OfLength(found.Address, (long)found.Size) : default;

    /// <param name="flags">For the compiler, both times.</param>
    /// <param name="linkFlags">For the link editor.</param>
    public static TwinProgram Build(IReadOnlyDictionary<string, string> sources, string flags, string linkFlags, bool bindSlots = true)
    {
        string[] units = [.. sources.Keys];
        string[] common = ["-O2", .. Split(flags)];
        var commands = new List<string[]>();
        foreach (string unit in units)
        {
            commands.Add(["gcc", .. common, "-c", unit, "-o", unit + ".plain.o"]);
            commands.Add(["gcc", .. common, "-ffunction-sections", "-fdata-sections", "-c", unit, "-o", unit + ".o"]);
        }
        commands.Add(["gcc", .. common, .. units.Select(u => u + ".plain.o"), .. Split(linkFlags), "-o", "judge"]);
        commands.Add(["strip", "judge", "-o", "running"]);
        var files = Gcc.Build(sources, commands, ["judge", "running", .. units.Select(u => u + ".o")]);
        var (image, memory, refusal) = ElfImage.ReadFile(files["running"], "running");
        Assert.Null(refusal);
        var overlay = new OverlayMemory(memory!);
        var program = new TwinProgram(Parse(files["judge"], "judge"), image!, overlay, units.ToDictionary(u => u, u => Parse(files[u + ".o"], u)));
        if (bindSlots)
        {
            program.Bind();
        }
        return program;
    }

    /// <summary>The right value of a symbol: by the judge's table, or of an import as <see cref="Bind"/> has it.</summary>
    public ulong ValueOf(string unit, string name, bool isThreadLocal)
    {
        if (!_symbols.TryGetValue((unit, name), out var symbol) && !_symbols.TryGetValue(("", name), out symbol))
        {
            return Import(name, isThreadLocal);
        }
        return symbol.Kind == SymbolKind.ThreadLocal ? symbol.Value - (ulong)_threadSize : symbol.Value;
    }

    /// <summary>What stands for the address of an imported function: far away, like a library.</summary>
    public static ulong Import(string name, bool isThreadLocal = false)
    {
        ulong hash = name.Aggregate(14695981039346656037UL, (h, c) => unchecked((h ^ c) * 1099511628211UL)) & 0xfffff0;
        return isThreadLocal ? unchecked((ulong)-(long)hash) : 0x7f12_0000_0000 + hash;
    }

    private void Bind()
    {
        Span<byte> slot = stackalloc byte[8];
        foreach (var relocation in Image.DynamicRelocations)
        {
            var symbol = Image.DynamicSymbols[relocation.Symbol];
            bool isThreadLocal = relocation.Type == RelocationType.TpOff64;
            ulong value = symbol.Name.Length > 0
                ? symbol.IsDefined ? symbol.Kind == SymbolKind.ThreadLocal ? symbol.Value - (ulong)_threadSize : symbol.Value
                : symbol.Binding == SymbolBinding.Weak ? 0 : Import(symbol.Name, isThreadLocal)
                : isThreadLocal ? unchecked((ulong)-_threadSize) : 0;
            bool hasAddend = relocation.Type is not (RelocationType.JumpSlot or RelocationType.GlobDat);
            BinaryPrimitives.WriteUInt64LittleEndian(slot, unchecked(value + (hasAddend ? (ulong)relocation.Addend : 0)));
            if (relocation.Type != RelocationType.Copy)
            {
                Memory.Write(Image.ToMemory(relocation.Offset), slot);
            }
        }
    }

    private static RunningFunction Running(Address start, long length) => new(AddressRange.OfLength(start, length), start);

    private static ElfFile Parse(byte[] bytes, string name)
    {
        var (file, refusal) = ElfFile.Parse(bytes, name);
        Assert.Null(refusal);
        return file!;
    }

    private static string[] Split(string flags) => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
