// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;

namespace Wfpatch.Core.Audits;

/// <summary>Gathers what each byte may be: a write that has been made, one that may have been made, or bytes that can be anything.</summary>
internal sealed class ExpectedMemory
{
    private readonly Dictionary<Address, ImmutableArray<byte>> _allowed = [];

    /// <summary>It has been made: what was allowed before is not any more.</summary>
    public void Put(CodeWrite write)
    {
        for (int i = 0; i < write.Bytes.Length; i++)
        {
            _allowed[write.Address + i] = [write.Bytes[i]];
        }
    }

    public void Put(IEnumerable<CodeWrite> writes)
    {
        foreach (var write in writes)
        {
            Put(write);
        }
    }

    /// <summary>It may have been made: each of its bytes may also be as before.</summary>
    public void Allow(IEnumerable<CodeWrite> writes)
    {
        foreach (var write in writes)
        {
            for (int i = 0; i < write.Bytes.Length; i++)
            {
                var before = _allowed.GetValueOrDefault(write.Address + i, []);
                bool isAllowed = before.IsEmpty || before.Contains(write.Bytes[i]);
                _allowed[write.Address + i] = isAllowed ? before : before.Add(write.Bytes[i]);
            }
        }
    }

    public void AllowAny(AddressRange range)
    {
        for (var at = range.Start; at < range.End; at += 1)
        {
            _allowed[at] = [];
        }
    }

    /// <summary>What was gathered for a range; any where nothing was.</summary>
    public ImmutableArray<ImmutableArray<byte>> Of(AddressRange range) =>
        [.. Enumerable.Range(0, (int)range.Length).Select(i => _allowed.GetValueOrDefault(range.Start + i, []))];
}
