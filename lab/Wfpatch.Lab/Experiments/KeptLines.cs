// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;

namespace Wfpatch.Lab.Experiments;

/// <summary>What a run has measured, as compressed lines of JSON: the first says what it is about, each other one is a sample.</summary>
internal static class KeptLines
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>In place of an older one, whole or not at all.</summary>
    internal static void Write<THead, TLine>(string file, THead head, IEnumerable<TLine> lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string part = file + ".part";
        using (StreamWriter writer = new(new GZipStream(File.Create(part), CompressionLevel.Optimal)))
        {
            writer.Write($"{JsonSerializer.Serialize(head, Options)}\n");
            foreach (TLine line in lines)
            {
                writer.Write($"{JsonSerializer.Serialize(line, Options)}\n");
            }
        }
        File.Move(part, file, overwrite: true);
    }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    internal static (THead Head, ImmutableArray<TLine> Lines) Read<THead, TLine>(string file)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        try
        {
            THead head = Parse<THead>(reader.ReadLine() ?? "");
            var lines = ImmutableArray.CreateBuilder<TLine>();
            while (reader.ReadLine() is { } line)
            {
                lines.Add(Parse<TLine>(line));
            }
            return (head, lines.ToImmutable());
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{Path.GetFileName(file)} holds no run: {problem.Message}", problem);
        }
    }

    private static T Parse<T>(string line) => JsonSerializer.Deserialize<T>(line, Options) ?? throw new JsonException("null");
}
