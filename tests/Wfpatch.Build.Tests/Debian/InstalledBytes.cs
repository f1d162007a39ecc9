// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Build.Tests.Debian;

/// <summary>Looks for an old function in the code of a stripped program: its bytes with the fields of relocations left open.</summary>
internal static class InstalledBytes
{
    public static List<int> Find(string program, OldFunction function)
    {
        var (file, _) = ElfFile.Parse(File.ReadAllBytes(program), program);
        var text = file!.FindSection(".text")!.Bytes.Span;
        bool[] isOpen = new bool[function.Bytes.Length];
        foreach (var relocation in function.Relocations)
        {
            int before = RelocationField.GoesThroughSlot(relocation.Type) ? 3 : 0;
            Array.Fill(isOpen, true, (int)relocation.Offset - before, 4 + before);
        }
        var found = new List<int>();
        for (int at = 0; at + isOpen.Length <= text.Length; at++)
        {
            int i = 0;
            while (i < isOpen.Length && (isOpen[i] || text[at + i] == function.Bytes.Span[i]))
            {
                i++;
            }
            if (i == isOpen.Length)
            {
                found.Add(at);
            }
        }
        return found;
    }
}
