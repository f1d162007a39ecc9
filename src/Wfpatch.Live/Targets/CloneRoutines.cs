// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Targets;

/// <summary>
/// Finds the functions by which glibc creates threads: clone, which it exports, and clone3, which has no symbol in a stripped
/// library and is the one function with that system call's number right before a syscall instruction.
/// </summary>
public static class CloneRoutines
{
    private const uint Clone3Call = 435;
    private const int CodeLimit = 1 << 12;

    /// <summary>clone's range up to the system call, or null.</summary>
    public static AddressRange? FindClone(IEnumerable<LoadedObject> objects)
    {
        foreach (var library in objects.Where(IsLibc))
        {
            var found = library.Image.FindDynamicSymbols("clone").FirstOrDefault(s => s.IsDefined);
            return found is not null && library.UnwindTable is { } table && table.TryFind(library.Image.ToMemory(found.Value), out var function) ? function : null;
        }
        return null;
    }

    /// <summary>clone3's range up to the system call, or null where there is none (before glibc 2.34) or more than one.</summary>
    public static AddressRange? FindClone3(IEnumerable<LoadedObject> objects, IMemory memory)
    {
        foreach (var library in objects.Where(IsLibrary))
        {
            if (library.UnwindTable is not { } table)
            {
                return null;
            }
            var found = library.Image.Segments.Where(s => s.IsExecutable && !s.IsWritable)
                .SelectMany(s => Calls(memory, s.Range))
                .Select(at => table.TryFind(at, out var function) ? function : default)
                .Where(f => f.Length > 0)
                .Distinct()
                .ToList();
            return found.Count == 1 ? found[0] : null;
        }
        return null;
    }

    /// <summary>Whether a hook there may use r10, r11 and the flags: nothing before it in the function has put anything there.</summary>
    public static bool AreScratchRegistersFree(IMemory memory, AddressRange function, Address hook)
    {
        if (memory.Read(function.Start, (int)Math.Min(function.Length, CodeLimit)) is not { } code)
        {
            return false;
        }
        var before = Core.X86.CodeReader.Decode(code, function.Start).TakeWhile(i => i.IP < hook.Value);
        return before.All(i => Written(i) is not (Register.R10 or Register.R11))
            && Core.X86.EntryFlags.FindReader(code.AsMemory((int)(hook - function.Start)), hook) is null;
    }

    private static Register Written(in Instruction i) => i.Op0Kind == OpKind.Register ? i.Op0Register.GetFullRegister() switch
    {
        Register.R10 => Register.R10,
        Register.R11 => Register.R11,
        _ => Register.None,
    } : Register.None;

    // Before glibc 2.34 pthread_create is in a library of its own, and clone is not.
    private static bool IsLibc(LoadedObject o) => o.Image.FindDynamicSymbols("gnu_get_libc_version").Any(s => s.IsDefined);

    private static bool IsLibrary(LoadedObject o) => o.Image.FindDynamicSymbols("pthread_create").Any(s => s.IsDefined);

    /// <summary>Where `mov $435, %eax; syscall` stands.</summary>
    private static List<Address> Calls(IMemory memory, AddressRange range)
    {
        Span<byte> pattern = [0xb8, 0, 0, 0, 0, 0x0f, 0x05];
        BinaryPrimitives.WriteUInt32LittleEndian(pattern[1..], Clone3Call);
        List<Address> found = [];
        if (memory.Read(range.Start, (int)range.Length) is not { } code)
        {
            return found;
        }
        for (int at = 0; code.AsSpan(at).IndexOf(pattern) is >= 0 and var next; at += next + 1)
        {
            found.Add(range.Start + (at + next));
        }
        return found;
    }
}
