// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;

namespace Wfpatch.Core.Matching;

/// <summary>What assemblers and link editors put behind a function up to the next one.</summary>
internal static class Padding
{
    /// <summary>Whether all from <paramref name="from"/> on is zeros, or nops and int3.</summary>
    public static bool IsPadding(RunningBytes running, int from)
    {
        var rest = running.Span[from..];
        if (rest.IndexOfAnyExcept((byte)0) < 0 || rest.IndexOfAnyExcept((byte)0x90) < 0 || rest.IndexOfAnyExcept((byte)0xcc) < 0)
        {
            return true;
        }
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(running.Block, running.Offset + from, rest.Length), 0, DecoderOptions.None);
        while (decoder.IP < (ulong)rest.Length)
        {
            decoder.Decode(out var decoded);
            if (decoded.Mnemonic is not (Mnemonic.Nop or Mnemonic.Int3))
            {
                return false;
            }
        }
        return true;
    }
}
