// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Migrations;

/// <summary>Where it is kept in which generation a thread is: what the two backends differ in, as far as migration is concerned.</summary>
public interface IThreadGenerations
{
    /// <summary>The generations of threads. Nobody is stopped.</summary>
    /// <param name="generations">Filled; <see cref="Unknown"/> where it cannot be told.</param>
    void Read(ReadOnlySpan<ThreadRecord> threads, Span<uint> generations);

    /// <summary>The generation of one.</summary>
    uint Read(int thread, Address controlBlock);

    /// <summary>Lets a stopped thread go over. Allocates nothing.</summary>
    /// <returns>Null: it has; else what keeps it.</returns>
    VisitResult? Store(int thread, in UserRegisters registers, uint generation);

    /// <summary>Whether a stopped thread is seen to be in another generation than this one. Allocates nothing.</summary>
    bool IsElsewhere(int thread, in UserRegisters registers, uint generation);

    /// <summary>No generation has this number.</summary>
    const uint Unknown = uint.MaxValue;
}
