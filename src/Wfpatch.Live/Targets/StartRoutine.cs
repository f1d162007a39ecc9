// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Targets;

/// <summary>
/// Finds glibc's start_thread, the function in which every thread begins. It has no symbol in a stripped library, but
/// pthread_create, or a function that it calls (create_thread), loads its address, and it is the one so loaded that ends the
/// thread itself with the system call exit.
/// </summary>
public static class StartRoutine
{
    private const int ExitCall = 60;
    private const int CodeLimit = 1 << 16;

    /// <summary>The function's range, or null where it is not found.</summary>
    public static AddressRange? Find(IEnumerable<LoadedObject> objects, IMemory memory)
    {
        foreach (var library in objects)
        {
            foreach (var symbol in library.Image.FindDynamicSymbols("pthread_create").Where(s => s.IsDefined))
            {
                if (library.UnwindTable is { } table && table.TryFind(library.Image.ToMemory(symbol.Value), out var creator))
                {
                    IEnumerable<AddressRange> StartingAt(IEnumerable<Address> addresses) => addresses.Distinct()
                        .Select(a => table.TryFind(a, out var function) && function.Start == a ? function : default)
                        .Where(f => f.Length > 0);
                    var creators = StartingAt(CalledAddresses(memory, creator)).Prepend(creator);
                    var starts = StartingAt(creators.SelectMany(c => LoadedAddresses(memory, c))).Where(f => EndsThread(memory, f)).ToList();
                    return starts.Count == 1 ? starts[0] : null;
                }
            }
        }
        return null;
    }

    private static IEnumerable<Address> LoadedAddresses(IMemory memory, AddressRange function) =>
        Decode(memory, function)
            .Where(i => i.Mnemonic == Mnemonic.Lea && i.IsIPRelativeMemoryOperand)
            .Select(i => new Address(i.IPRelativeMemoryAddress));

    private static IEnumerable<Address> CalledAddresses(IMemory memory, AddressRange function) =>
        Decode(memory, function).Where(i => i.FlowControl == FlowControl.Call).Select(i => new Address(i.NearBranchTarget));

    private static bool EndsThread(IMemory memory, AddressRange function)
    {
        bool exits = false;
        bool calls = false;
        foreach (var instruction in Decode(memory, function))
        {
            exits |= instruction.Mnemonic == Mnemonic.Mov && instruction.Op1Kind == OpKind.Immediate32 && instruction.Immediate32 == ExitCall;
            calls |= instruction.Mnemonic == Mnemonic.Syscall;
        }
        return exits && calls;
    }

    private static IEnumerable<Instruction> Decode(IMemory memory, AddressRange function) =>
        memory.Read(function.Start, (int)Math.Min(function.Length, CodeLimit)) is { } code ? Core.X86.CodeReader.Decode(code, function.Start) : [];
}
