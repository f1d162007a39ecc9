// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Matching;

/// <summary>
/// A program or library as a file, with what the loader puts into its slots as far as the file itself says it: the addresses of its own symbols. In the file
/// such slots hold nothing, and a function that is called directly and taken through a slot would seem to lie at two places. What another library defines stays as it is.
/// </summary>
public sealed class BoundFile : IMemory
{
    private readonly IMemory _file;
    private readonly Dictionary<Address, ulong> _slots = [];

    /// <param name="image">The file, as it lies in its own addresses.</param>
    /// <param name="file">Its bytes.</param>
    public BoundFile(ElfImage image, IMemory file)
    {
        _file = file;
        foreach (var (slot, symbol, addend) in SlotNames.Enumerate(image))
        {
            // An ifunc's slot gets what its resolver says, and a thread-local variable's an offset.
            if (symbol.IsDefined && symbol.Kind is SymbolKind.Function or SymbolKind.Object or SymbolKind.NoType)
            {
                _slots[slot] = unchecked(image.ToMemory(symbol.Value).Value + (ulong)addend);
            }
        }
    }

    public bool TryRead(Address address, Span<byte> destination)
    {
        if (destination.Length == sizeof(ulong) && _slots.TryGetValue(address, out ulong bound))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination, bound);
            return true;
        }
        return _file.TryRead(address, destination);
    }
}
