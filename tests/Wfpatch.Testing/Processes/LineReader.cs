// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Wfpatch.Testing.Processes;

/// <summary>Reads one pipe to its end on a thread of its own: the lines one by one, and the whole text for messages.</summary>
internal sealed class LineReader
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new() { SingleWriter = true });
    private readonly StringBuilder _all = new();
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LineReader(int descriptor, string name)
    {
        StreamReader reader = new(new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0), Encoding.UTF8);
        new Thread(() => Read(reader)) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Done when the pipe has ended.</summary>
    internal Task End => _end.Task;

    internal ChannelReader<string> Lines => _lines.Reader;

    /// <summary>All that came so far.</summary>
    internal string Text
    {
        get
        {
            lock (_lock)
            {
                return _all.ToString();
            }
        }
    }

    private void Read(StreamReader reader)
    {
        using (reader)
        {
            while (reader.ReadLine() is { } line)
            {
                lock (_lock)
                {
                    _all.Append(line).Append('\n');
                }
                _lines.Writer.TryWrite(line);
            }
        }
        _lines.Writer.Complete();
        _end.SetResult();
    }
}
