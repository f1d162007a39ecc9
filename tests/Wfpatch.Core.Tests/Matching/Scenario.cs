// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>A program made of bytes by hand. Code is written in hexadecimal; "S" before a number of eight digits, as in
/// <c>e8 S00401000</c>, stands for the 32-bit distance from behind the field to that address.</summary>
internal sealed class Scenario
{
    private readonly List<(Address Start, ReadOnlyMemory<byte> Bytes)> _blocks = [];
    private readonly List<RunningFunction> _running = [];
    private readonly List<PatchSymbol> _symbols = [];
    private readonly List<OldFunction> _functions = [];
    private readonly List<PatchSection> _sections = [];
    private int _of = -1;

    public int Symbol(string name, string unit = "", PatchSymbolKind kind = PatchSymbolKind.Unknown, string? content = null)
    {
        _symbols.Add(new PatchSymbol(name, unit, kind, -1, 0, 0, content is null ? null : System.Text.Encoding.UTF8.GetBytes(content)));
        return _symbols.Count - 1;
    }

    /// <returns>The index of the function's own symbol.</returns>
    public int Old(string name, string code, params PatchRelocation[] relocations) => Old(name, OldFunctionRole.Replaced, code, relocations);

    public int Old(string name, OldFunctionRole role, string code, params PatchRelocation[] relocations) =>
        Old(Symbol(name, "unit.c", PatchSymbolKind.Function), role, code, relocations);

    public int Old(int symbol, OldFunctionRole role, string code, params PatchRelocation[] relocations)
    {
        _functions.Add(new OldFunction(_symbols[symbol].Name, _symbols[symbol].Unit, role, symbol, Bytes(code, Address.Zero), [.. relocations]) { Of = _of });
        _of = -1;
        return symbol;
    }

    /// <summary>The next old function is a copy or a part of that one.</summary>
    public Scenario Of(int function)
    {
        _of = function;
        return this;
    }

    public static PatchRelocation At(uint offset, RelocationType type, int symbol, long addend = -4) => new(offset, type, symbol, addend);

    public Scenario Running(ulong address, string code, ulong? entry = null, int padding = 0)
    {
        var bytes = Bytes(code, new Address(address));
        Data(address, bytes);
        _running.Add(new RunningFunction(AddressRange.OfLength(new Address(address), bytes.Length + padding), new Address(entry ?? address)));
        return this;
    }

    public Scenario Data(ulong address, byte[] bytes)
    {
        _blocks.Add((new Address(address), bytes));
        return this;
    }

    public Scenario Code(ulong address, string code) => Data(address, Bytes(code, new Address(address)));

    public Scenario Slot(ulong address, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Data(address, bytes);
    }

    /// <summary>New code that refers to a symbol.</summary>
    public Scenario New(int symbol)
    {
        _sections.Add(new PatchSection(".text.new", PatchSectionKind.Code, 16, new byte[] { 0xe8, 0, 0, 0, 0 }, [At(1, RelocationType.Plt32, symbol)]));
        return this;
    }

    public ObjectPatch Patch => new()
    {
        ObjectName = "",
        BuildId = null,
        Symbols = [.. _symbols],
        OldFunctions = [.. _functions],
        Sections = [.. _sections],
        Replacements = [],
    };

    public (Match? Match, ImmutableArray<Refusal> Refusals) Match() => RunPreMatcher.Match(Patch, _running, new SegmentedMemory(_blocks), null);

    public static byte[] Bytes(string code, Address start)
    {
        var bytes = new List<byte>();
        foreach (string word in code.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] == 'S')
            {
                long target = long.Parse(word.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                var field = new byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(field, (int)(target - (long)start.Value - bytes.Count - 4));
                bytes.AddRange(field);
            }
            else
            {
                bytes.AddRange(Convert.FromHexString(word));
            }
        }
        return [.. bytes];
    }
}
