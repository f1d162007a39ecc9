// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Live.Targets;

/// <summary>A program or library that is loaded in the target, read from the target's own memory: a file that was replaced or deleted is no matter.</summary>
public sealed class LoadedObject
{
    private readonly Lazy<UnwindTable?> _unwindTable;

    public LoadedObject(string fileName, ElfImage image, IMemory memory)
    {
        FileName = fileName;
        Image = image;
        _unwindTable = new(() => UnwindTable.Read(image, memory).Table);
    }

    /// <summary>The file's name without folder; [vdso] for the kernel's.</summary>
    public string FileName { get; }

    public ElfImage Image { get; }

    /// <summary>Its place in the loader's list of each namespace that has it: 0 is the program's. Empty where no list has it.</summary>
    public IReadOnlyDictionary<int, int> Namespaces { get; init; } = new Dictionary<int, int>();

    /// <summary>Null where the object has none that can be read.</summary>
    public UnwindTable? UnwindTable => _unwindTable.Value;
}
