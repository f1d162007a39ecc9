// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Matching;

/// <summary>
/// A TLS descriptor as the loader filled it: a function and its argument (Oliva and Araujo, "Speeding Up Thread-Local Storage Access
/// in Dynamic Libraries", 2006). Where the variable has a fixed place behind the thread pointer, the function gives the argument
/// back; else the argument leads to what glibc keeps for it.
/// </summary>
/// <param name="Function">The address of the function.</param>
/// <param name="Offset">The offset from the thread pointer, where it is fixed.</param>
/// <param name="Place">Where the variable lies in a block that is allocated when a thread first needs it.</param>
/// <param name="LoadedAt">For such a place: the loader's count of changes when the module came.</param>
internal readonly record struct ThreadDescriptor(ulong Function, ulong? Offset, ThreadPlace? Place, ulong LoadedAt)
{
    public const int Size = 16;

    /// <summary>Bytes of what glibc keeps: module, offset, count (struct tlsdesc_dynamic_arg).</summary>
    public const int ArgumentSize = 24;

    private const ulong MostModules = 1 << 20;

    /// <summary>Null where what stands there is neither of the two forms, or is not filled yet.</summary>
    public static ThreadDescriptor? Read(IMemory memory, Address at)
    {
        if (!memory.TryReadUInt64(at, out ulong function) || !memory.TryReadUInt64(at + 8, out ulong argument))
        {
            return null;
        }
        if (GivesArgument(memory, new Address(function)))
        {
            return new ThreadDescriptor(function, argument, null, 0);
        }
        var kept = new Address(argument);
        return memory.TryReadUInt64(kept, out ulong module) && memory.TryReadUInt64(kept + 8, out ulong offset) && memory.TryReadUInt64(kept + 16, out ulong loadedAt)
            && module is > 0 and < MostModules && offset <= uint.MaxValue
            ? new ThreadDescriptor(function, null, new ThreadPlace(module, offset), loadedAt)
            : null;
    }

    // [endbr64] mov 8(%rax), %rax; ret
    private static bool GivesArgument(IMemory memory, Address function)
    {
        Span<byte> code = stackalloc byte[9];
        if (!memory.TryRead(function, code))
        {
            return false;
        }
        ReadOnlySpan<byte> body = [0x48, 0x8b, 0x40, 0x08, 0xc3];
        return code.StartsWith(body) || (code.StartsWith((ReadOnlySpan<byte>)[0xf3, 0x0f, 0x1e, 0xfa]) && code[4..].SequenceEqual(body));
    }
}
