// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>Finds global symbols that the run-pre match did not.</summary>
public interface ISymbolResolver
{
    /// <summary>The value of a global symbol as the process uses it, or why there is none.</summary>
    SymbolAnswer Resolve(PatchSymbol symbol);
}

/// <param name="Value">An address, 0 for a weak symbol that the loader did not find, or for a thread-local variable its offset from
/// the thread pointer; null: not found.</param>
/// <param name="WhyNot">Where there is no value: a part of a sentence that follows the symbol's name, like "is defined nowhere".</param>
public readonly record struct SymbolAnswer(ulong? Value, string WhyNot)
{
    public static SymbolAnswer Is(ulong value) => new(value, "");

    public static SymbolAnswer Not(string why) => new(null, why);
}
