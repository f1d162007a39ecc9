// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Linking;

/// <summary>New code as finished bytes for one process, to be written at <paramref name="Start"/>.</summary>
/// <param name="SymbolAddresses">The addresses of the symbols that the patch defines, by symbol index.</param>
/// <param name="CodeRanges">Where each code section's bytes stand (functions, without padding).</param>
/// <param name="UnwindTable">.eh_frame within the image, closed by a zero terminator; empty where the patch has none.</param>
public sealed record LinkedImage(
    Address Start, ReadOnlyMemory<byte> Bytes, ImmutableDictionary<int, Address> SymbolAddresses,
    ImmutableArray<AddressRange> CodeRanges, AddressRange UnwindTable)
{
    /// <summary>What the target's own unwinder finds its frames by; zero where the patch has no unwind table.</summary>
    public Address FrameIndex { get; init; }

    /// <summary>Whole pages behind the code for the patch's variables, to be mapped so that they can be written and not executed; empty where it has none.</summary>
    public AddressRange Data { get; init; }

    /// <summary>The first bytes of <see cref="Data"/>; all behind them are zeros.</summary>
    public ReadOnlyMemory<byte> DataBytes { get; init; }
}
