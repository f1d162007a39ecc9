// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>Finds global symbols that the run-pre match did not.</summary>
public interface ISymbolResolver
{
    /// <summary>The value of a global symbol as the process uses it, or why there is none.</summary>
    SymbolAnswer Resolve(PatchSymbol symbol);

    /// <summary>The number of the thread-local module of the object that is patched, where a slot says so.</summary>
    ulong? OwnThreadModule => null;

    /// <summary>A descriptor of the object for a variable in a module whose blocks are allocated when they are needed.</summary>
    internal ThreadDescriptor? FindDescriptor(ulong module) => null;
}

/// <param name="Value">An address, 0 for a weak symbol that the loader did not find, or for a thread-local variable its offset from
/// the thread pointer; null: not found.</param>
/// <param name="WhyNot">Where there is no value: a part of a sentence that follows the symbol's name, like "is defined nowhere".</param>
/// <param name="Place">For a thread-local variable that is found by module and offset, instead of a value.</param>
public readonly record struct SymbolAnswer(ulong? Value, string WhyNot, ThreadPlace? Place = null)
{
    /// <summary>A slot of the object's own that the loader will bind when it is first called through: of use for calls alone. Where a call
    /// goes through it, it goes where the object's other calls go.</summary>
    public Address? LazySlot { get; init; }

    public static SymbolAnswer In(ThreadPlace place) => new(null, "", place);

    public static SymbolAnswer Is(ulong value) => new(value, "");

    public static SymbolAnswer Not(string why) => new(null, why);
}
