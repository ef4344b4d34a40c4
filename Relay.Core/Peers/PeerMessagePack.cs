using System.Buffers.Binary;
using System.Text;
using Relay.Core.Protocol;

namespace Relay.Core.Peers;

/// <summary>The newer generation's messages: MessagePack in binary.</summary>
internal static class PeerMessagePack
{
    internal static PeerMessage Read(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        if (!reader.TryReadMap(out var members))
        {
            return reader.TrySkip() && reader.IsAtEnd ? PeerMessage.None : PeerMessage.Malformed;
        }

        string? type = null;
        List<string>? documentIds = null, join = null;
        for (var i = 0L; i < members; i++)
        {
            bool read;
            if (!reader.TryReadText(out var name)) read = reader.TrySkip() && reader.TrySkip();
            else if (name == "type") read = reader.TryReadText(out type) || reader.TrySkip();
            else if (name == "documentIds") read = TryReadDocuments(ref reader, out documentIds);
            else if (name == "join") read = TryReadDocuments(ref reader, out join);
            else read = reader.TrySkip();
            if (!read) return PeerMessage.Malformed;
        }

        return reader.IsAtEnd ? PeerMessage.Of(type, documentIds, join) : PeerMessage.Malformed;
    }

    internal static Frame Introduction(string peerId, IReadOnlyList<string> documents)
    {
        var size = 1 + TextSize("type") + TextSize("Introduction") + TextSize("peerId") + TextSize(peerId) + TextSize("documentIds") + 5;
        foreach (var document in documents) size += TextSize(document);
        var bytes = new byte[size];
        var at = 0;
        bytes[at++] = 0x83;
        at += WriteText(bytes.AsSpan(at), "type");
        at += WriteText(bytes.AsSpan(at), "Introduction");
        at += WriteText(bytes.AsSpan(at), "peerId");
        at += WriteText(bytes.AsSpan(at), peerId);
        at += WriteText(bytes.AsSpan(at), "documentIds");
        at += WriteArrayHeader(bytes.AsSpan(at), documents.Count);
        foreach (var document in documents) at += WriteText(bytes.AsSpan(at), document);
        return new(bytes[..at], IsText: false);
    }

    private static bool TryReadDocuments(ref MessagePackReader reader, out List<string>? documents)
    {
        documents = null;
        if (!reader.TryReadArray(out var count)) return reader.TrySkip();
        documents = [];
        for (var i = 0L; i < count; i++)
        {
            if (reader.TryReadText(out var id))
            {
                if (Ids.IsValid(id)) documents.Add(id!);
            }
            else if (!reader.TrySkip())
            {
                return false;
            }
        }

        return true;
    }

    private static int TextSize(string text) => 5 + Encoding.UTF8.GetByteCount(text);

    private static int WriteText(Span<byte> to, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var header = 1;
        if (length < 32)
        {
            to[0] = (byte)(0xA0 | length);
        }
        else if (length < 256)
        {
            (to[0], to[1]) = (0xD9, (byte)length);
            header = 2;
        }
        else
        {
            to[0] = 0xDA;
            BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)length);
            header = 3;
        }

        return header + Encoding.UTF8.GetBytes(text, to[header..]);
    }

    private static int WriteArrayHeader(Span<byte> to, int count)
    {
        switch (count)
        {
            case < 16:
                to[0] = (byte)(0x90 | count);
                return 1;
            case <= ushort.MaxValue:
                to[0] = 0xDC;
                BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)count);
                return 3;
            default:
                to[0] = 0xDD;
                BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)count);
                return 5;
        }
    }
}
