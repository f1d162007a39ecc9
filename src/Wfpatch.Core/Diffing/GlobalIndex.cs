// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>The global symbols that the objects of one build define. The first definition counts; a weak one gives way. Indirect functions (ifunc)
/// are not among them: what they are is decided in the process.</summary>
internal sealed class GlobalIndex
{
    private readonly Dictionary<string, (UnitDiff Unit, Piece Piece, long Offset, bool IsWeak)> _definitions = [];

    private GlobalIndex()
    {
    }

    public static GlobalIndex OfOld(IEnumerable<UnitDiff> units) => Of(units, u => u.Old);

    public static GlobalIndex OfNew(IEnumerable<UnitDiff> units) => Of(units, u => u.New);

    public (UnitDiff Unit, Piece Piece, long Offset)? Find(string name) =>
        _definitions.TryGetValue(name, out var found) ? (found.Unit, found.Piece, found.Offset) : null;

    private static GlobalIndex Of(IEnumerable<UnitDiff> units, Func<UnitDiff, ObjectModel?> side)
    {
        var index = new GlobalIndex();
        foreach (var unit in units.Where(u => side(u) is not null))
        {
            foreach (var piece in side(unit)!.Pieces)
            {
                foreach (var symbol in piece.Symbols.Where(s => !s.IsLocal && s.Kind != Elf.SymbolKind.IndirectFunction))
                {
                    bool isWeak = symbol.Binding == Elf.SymbolBinding.Weak;
                    if (!index._definitions.TryGetValue(symbol.Name, out var present) || (present.IsWeak && !isWeak))
                    {
                        index._definitions[symbol.Name] = (unit, piece, (long)symbol.Value, isWeak);
                    }
                }
            }
        }
        return index;
    }
}
