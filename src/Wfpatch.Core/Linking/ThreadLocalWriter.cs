// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>Fills pairs, descriptors and the functions behind them into placed bytes.</summary>
internal sealed class ThreadLocalWriter(ObjectPatch patch, ThreadLocalLayout layout, Address start, ThreadLocalValues values, ISymbolResolver resolver, byte[] bytes)
{
    private readonly ImmutableArray<Refusal>.Builder _refusals = ImmutableArray.CreateBuilder<Refusal>();

    public ImmutableArray<Refusal> Write()
    {
        if (layout.HasGetter)
        {
            WriteGetter();
        }
        if (layout.HasBase)
        {
            WritePair(layout.BasePair, values.Base);
        }
        foreach (int symbol in layout.Pairs.Keys)
        {
            WritePair(layout.PairOf(symbol), values.PairOf(symbol) ?? default);
        }
        if (layout.Descriptors.Count > 0)
        {
            ThreadLocalCode.WriteReturn(bytes.AsSpan((int)layout.Return));
        }
        foreach (int symbol in layout.Descriptors.Keys)
        {
            WriteDescriptor(symbol);
        }
        return _refusals.ToImmutable();
    }

    private void WriteGetter()
    {
        bool usesModules = layout.Pairs.Keys.Any(s => values.PairOf(s) is { Module: not 0 }) || (layout.HasBase && values.Base.Module != 0);
        var answer = resolver.Resolve(new PatchSymbol(ThreadLocalLayout.GetterName, "", PatchSymbolKind.Function, -1, 0, 0, null));
        if (answer.Value is null && usesModules)
        {
            _refusals.Add(LinkRefusals.UnresolvedSymbol.About(ThreadLocalLayout.GetterName, $"The new code needs {ThreadLocalLayout.GetterName}, which {answer.WhyNot}."));
        }
        ThreadLocalCode.WriteGetter(bytes.AsSpan((int)layout.Getter), layout.Getter, layout.GetterSlot);
        Put(layout.GetterSlot, answer.Value ?? 0);
    }

    private void WriteDescriptor(int symbol)
    {
        long at = layout.DescriptorOf(symbol);
        if (values.PlaceOf(symbol) is { Module: { } module } place)
        {
            // As the loader makes them for this module, whose own descriptors say which function serves and since when the module is there.
            if (resolver.FindDescriptor(module) is not { } like)
            {
                _refusals.Add(LinkRefusals.UnresolvedSymbol.About(patch.Symbols[symbol].Name, $"The new code needs a descriptor for {patch.Symbols[symbol].Display}, and the object has none for that module to be made like it."));
                return;
            }
            long argument = at + ThreadDescriptor.Size;
            Put(at, like.Function);
            Put(at + 8, (start + argument).Value);
            Put(argument, module);
            Put(argument + 8, place.Offset);
            Put(argument + 16, like.LoadedAt);
            return;
        }
        bool isBase = patch.Symbols[symbol].Name == ThreadModule.BaseName;
        if ((isBase && values.CountsFromPointer ? 0 : values.OffsetOf(symbol)) is not { } offset)
        {
            _refusals.Add(LinkRefusals.UnresolvedSymbol.About(patch.Symbols[symbol].Name, $"The new code needs {patch.Symbols[symbol].Display}, a thread-local variable whose place no running code tells."));
            return;
        }
        Put(at, (start + layout.Return).Value);
        Put(at + 8, offset);
    }

    private void WritePair(long at, (ulong Module, ulong Offset) pair)
    {
        Put(at, pair.Module);
        Put(at + 8, pair.Offset);
    }

    private void Put(long at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at), value);
}
