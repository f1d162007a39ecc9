// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Linking;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Tests.Linking;

/// <summary>Knows what it is told, by name.</summary>
internal sealed class FixedResolver(IReadOnlyDictionary<string, ulong> values) : ISymbolResolver
{
    public static FixedResolver Nothing { get; } = new(new Dictionary<string, ulong>());

    public SymbolAnswer Resolve(PatchSymbol symbol) =>
        values.TryGetValue(symbol.Name, out ulong value) ? SymbolAnswer.Is(value) : SymbolAnswer.Not("is unknown here");
}
