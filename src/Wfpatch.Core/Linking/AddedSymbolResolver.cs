// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>What the process has counts; a symbol that it does not have is looked for in what the same patch adds to other programs and libraries.</summary>
/// <param name="before">Of the objects before this one in the patch. What two of them add (an inline variable of C++) is the first one's.</param>
/// <param name="behind">Of those behind it.</param>
public sealed class AddedSymbolResolver(
    ISymbolResolver process, ImmutableArray<ImmutableDictionary<string, Address>> before, ImmutableArray<ImmutableDictionary<string, Address>> behind) : ISymbolResolver
{
    public ulong? OwnThreadModule => process.OwnThreadModule;

    public SymbolAnswer Resolve(PatchSymbol symbol)
    {
        var answer = process.Resolve(symbol);
        if (answer.Value is not null || answer.Place is not null || answer.LazySlot is not null || symbol.Kind == PatchSymbolKind.ThreadLocal)
        {
            return answer;
        }
        return before.Concat(symbol.IsDefinedByPatch ? [] : behind).FirstOrDefault(a => a.ContainsKey(symbol.Name)) is { } added
            ? SymbolAnswer.Is(added[symbol.Name].Value)
            : answer;
    }

    ThreadDescriptor? ISymbolResolver.FindDescriptor(ulong module) => process.FindDescriptor(module);
}
