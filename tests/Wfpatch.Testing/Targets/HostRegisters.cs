// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;

namespace Wfpatch.Testing.Targets;

/// <summary>The places of the registers in <see cref="HostRegisters"/>, which are those of ucontext's gregs.</summary>
public enum HostRegister
{
    R8, R9, R10, R11, R12, R13, R14, R15, Rdi, Rsi, Rbp, Rbx, Rdx, Rax, Rcx, Rsp, Rip, Flags,
}

/// <summary>All general registers of a thread, with its instruction pointer and flags.</summary>
public sealed record HostRegisters(ImmutableArray<ulong> Values)
{
    public const int Count = 18;

    /// <summary>Carry, parity, adjust, zero, sign, direction, overflow.</summary>
    public const ulong UserFlags = 0xcd5;

    /// <summary>Bit 1 of the flags is always set, bit 9 allows interrupts.</summary>
    public const ulong PlainFlags = 0x202;

    /// <summary>A different value in each register, an address that nothing is mapped at in the stack pointer.</summary>
    public static HostRegisters Distinct(ulong instruction, ulong flags) =>
        new HostRegisters([.. Enumerable.Range(0, Count).Select(i => 0x1111_0000_0000_0001UL * (ulong)(i + 1))])
            .With(HostRegister.Rsp, 0x1238).With(HostRegister.Rip, instruction).With(HostRegister.Flags, flags | PlainFlags);

    public ulong this[HostRegister register] => Values[(int)register];

    public HostRegisters With(HostRegister register, ulong value) => new(Values.SetItem((int)register, value));

    /// <summary>The names of the registers that differ; of the flags only those that programs use count.</summary>
    public IEnumerable<HostRegister> Differences(HostRegisters other) => Enum.GetValues<HostRegister>()
        .Where(r => r == HostRegister.Flags ? ((this[r] ^ other[r]) & UserFlags) != 0 : this[r] != other[r]);

    public override string ToString() =>
        string.Join(' ', Values.Select(v => v.ToString("x", CultureInfo.InvariantCulture)));
}
