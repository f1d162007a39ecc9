// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Linking;

/// <summary>
/// Where an object's symbols are looked for (ELF gABI, chapter 5; dlopen(3), RTLD_LOCAL and RTLD_GLOBAL; dlmopen(3)): first in what
/// was loaded with the program, for everybody; then in what was loaded together with the object. The loader keeps to itself
/// which of the others were opened for everybody.
/// </summary>
/// <param name="Global">Loaded with the program, in search order; empty for an object in another namespace.</param>
/// <param name="Together">Loaded later: those that the object needs, and those that need it with all that these need. It is one of them.</param>
/// <param name="Others">Loaded later by somebody else: they may be hidden from the object.</param>
public sealed record SearchScope(ImmutableArray<ElfImage> Global, ImmutableArray<ElfImage> Together, ImmutableArray<ElfImage> Others)
{
    public IEnumerable<ElfImage> All => Global.Concat(Together).Concat(Others);

    /// <summary>Everything is for everybody.</summary>
    public static SearchScope OfAll(IEnumerable<ElfImage> loadOrder) => new([.. loadOrder], [], []);

    /// <param name="own">The object whose symbols are looked for.</param>
    /// <param name="loadOrder">What is loaded in its namespace, in the order of the loader's list.</param>
    /// <param name="isMain">Whether that is the namespace of the program, whose list begins with the program.</param>
    public static SearchScope Of(ElfImage own, ImmutableArray<ElfImage> loadOrder, bool isMain)
    {
        // What is loaded later stands behind all that the program needs; what is preloaded stands among these.
        int first = isMain && !loadOrder.IsEmpty ? Closure(loadOrder[0], loadOrder).Max(loadOrder.IndexOf) + 1 : 0;
        var global = loadOrder[..first];
        var later = loadOrder[first..];
        var together = later.Select(i => Closure(i, loadOrder)).Where(c => c.Contains(own)).SelectMany(c => c).Concat(Closure(own, loadOrder)).ToHashSet();
        return new SearchScope(global, [.. later.Where(together.Contains)], [.. later.Where(i => !together.Contains(i))]);
    }

    // The object and all that it needs, breadth first.
    private static List<ElfImage> Closure(ElfImage root, ImmutableArray<ElfImage> loaded)
    {
        List<ElfImage> found = [root];
        for (int i = 0; i < found.Count; i++)
        {
            foreach (string name in found[i].Needed.Select(n => n[(n.LastIndexOf('/') + 1)..]))
            {
                if (loaded.FirstOrDefault(l => l.SoName == name || l.Name == name) is { } needed && !found.Contains(needed))
                {
                    found.Add(needed);
                }
            }
        }
        return found;
    }
}
