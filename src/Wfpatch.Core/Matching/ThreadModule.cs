// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Matching;

/// <summary>What the loader wrote into an object about thread-local variables.</summary>
internal static class ThreadModule
{
    /// <summary>The symbol by which compilers mean the start of the object's own block, with descriptors.</summary>
    public const string BaseName = "_TLS_MODULE_BASE_";

    /// <summary>The number of the object's own module, where a slot or descriptor of it says so; else null.</summary>
    public static ulong? OwnOf(ElfImage image, IMemory memory)
    {
        foreach (var relocation in image.DynamicRelocations.Where(r => r.Symbol == 0))
        {
            var at = image.ToMemory(relocation.Offset);
            if (relocation.Type == RelocationType.DtpMod64 && memory.TryReadUInt64(at, out ulong module) && module != 0)
            {
                return module;
            }
            if (relocation.Type == RelocationType.TlsDesc && ThreadDescriptor.Read(memory, at) is { Place.Module: { } described })
            {
                return described;
            }
        }
        return null;
    }

    /// <summary>The descriptors of the object that lead into blocks which are allocated when they are needed.</summary>
    public static IEnumerable<ThreadDescriptor> DynamicDescriptors(ElfImage image, IMemory memory) => image.DynamicRelocations
        .Where(r => r.Type == RelocationType.TlsDesc)
        .Select(r => ThreadDescriptor.Read(memory, image.ToMemory(r.Offset)))
        .OfType<ThreadDescriptor>().Where(d => d.Place is not null);

    /// <summary>What the loader put into a slot pair or a descriptor of the object for a symbol by name; default where there is none.</summary>
    public static (ulong? Offset, ThreadPlace? Place) Find(ElfImage image, IMemory memory, string name)
    {
        foreach (var relocation in image.DynamicRelocations.Where(r => r.Type is RelocationType.DtpMod64 or RelocationType.TlsDesc && r.Symbol > 0 && image.DynamicSymbols[r.Symbol].Name == name))
        {
            var at = image.ToMemory(relocation.Offset);
            if (relocation.Type == RelocationType.TlsDesc)
            {
                if (relocation.Addend == 0 && ThreadDescriptor.Read(memory, at) is { } descriptor)
                {
                    return (descriptor.Offset, descriptor.Place);
                }
            }
            else if (ReadPair(memory, at) is { } place)
            {
                return (null, place);
            }
        }
        return default;
    }

    /// <summary>The pair of module and offset that __tls_get_addr takes; null where it cannot be read or is empty.</summary>
    public static ThreadPlace? ReadPair(IMemory memory, Address at) =>
        memory.TryReadUInt64(at, out ulong module) && memory.TryReadUInt64(at + 8, out ulong offset) && module != 0 ? new ThreadPlace(module, offset) : null;
}
