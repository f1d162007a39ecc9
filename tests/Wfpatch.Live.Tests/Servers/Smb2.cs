// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>As much of SMB 2.0.2 as a client needs that only asks whether the server is there ([MS-SMB2] 2.2.1, 2.2.3, 2.2.28).</summary>
internal static class Smb2
{
    private const int HeaderLength = 64, MessageIdAt = 24, LengthPrefix = 4;
    private const ushort Negotiate = 0, Echo = 13;

    /// <summary>One NEGOTIATE, and then an ECHO after another: they need no session.</summary>
    public static Dialogue Echoes()
    {
        byte[] dialects = new byte[38];
        dialects[0] = 36; // StructureSize
        dialects[2] = 1; // DialectCount
        dialects[4] = 1; // SecurityMode: signing enabled
        dialects[36] = dialects[37] = 0x02; // 2.0.2
        // Its header has no error, and the echo's answer four bytes of body.
        byte[] begin = [0, 0, 0, HeaderLength + 4, 0xfe, .. "SMB"u8, HeaderLength, 0, 0, 0, 0, 0, 0, 0, (byte)Echo, 0];
        return new(Message(Echo, [4, 0, 0, 0]), new(begin, [4, 0, 0, 0])) { Hello = (Message(Negotiate, dialects), []), NumberAt = LengthPrefix + MessageIdAt };
    }

    /// <summary>Direct TCP: four bytes of length, the most significant first, before the message.</summary>
    private static byte[] Message(ushort command, byte[] body)
    {
        byte[] message = new byte[LengthPrefix + HeaderLength + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, HeaderLength + body.Length);
        var header = message.AsSpan(LengthPrefix);
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x424d53fe); // FE 'SMB'
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], HeaderLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header[12..], command);
        BinaryPrimitives.WriteUInt16LittleEndian(header[14..], 1); // credits
        body.CopyTo(header[HeaderLength..]);
        return message;
    }
}
