// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A run with each of its requests, as a compressed JSON document. The times at which requests were due stand there as differences, which repeat and compress.</summary>
internal static class LatencyFile
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>In place of an older one, whole or not at all.</summary>
    internal static void Write(string file, LatencyRun run)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string part = file + ".part";
        using (GZipStream stream = new(File.Create(part), CompressionLevel.Optimal))
        {
            JsonSerializer.Serialize(stream, Document.Of(run), Options);
        }
        File.Move(part, file, overwrite: true);
    }

    /// <exception cref="InvalidDataException">It is no such file, or of another format.</exception>
    internal static LatencyRun Read(string file)
    {
        using GZipStream stream = new(File.OpenRead(file), CompressionMode.Decompress);
        try
        {
            return JsonSerializer.Deserialize<Document>(stream, Options) is { Format: Format } document
                ? document.ToRun()
                : throw new InvalidDataException($"{Path.GetFileName(file)} is not of format {Format}.");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{Path.GetFileName(file)} holds no run: {problem.Message}", problem);
        }
    }

    /// <summary>Null: there is none, or one that cannot be read.</summary>
    internal static LatencyRun? TryRead(string file)
    {
        try
        {
            return Read(file);
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private sealed record Document(
        int Format, RunConditions<LatencyOptions> Conditions, int Cycles, ImmutableArray<ImpossibleMethod> Impossible,
        [property: JsonPropertyName("failed_elsewhere")] long FailedElsewhere, [property: JsonPropertyName("long_requests")] long LongRequests, ImmutableArray<Window> Windows)
    {
        internal static Document Of(LatencyRun run) =>
            new(LatencyFile.Format, run.Conditions, run.Cycles, run.Impossible, run.FailedElsewhere, run.LongRequests, [.. run.Windows.Select(Window.Of)]);

        internal LatencyRun ToRun() => new(Conditions, Cycles, [.. Windows.Select(window => window.ToWindow())], Impossible, FailedElsewhere, LongRequests);
    }

    private sealed record Window(
        string Method, int Pair, [property: JsonPropertyName("is_patched")] bool IsPatched, [property: JsonPropertyName("begin_us")] long Begin, [property: JsonPropertyName("end_us")] long End,
        long Failed, ImmutableArray<PatchAttempt> Patches, [property: JsonPropertyName("due_steps_us")] int[] DueSteps, [property: JsonPropertyName("latencies_us")] ImmutableArray<int> Latencies)
    {
        internal static Window Of(LatencyWindow window) => new(
            window.Method, window.Pair, window.IsPatched, window.Begin, window.End, window.Failed, window.Patches,
            [.. window.Due.Select((due, at) => at == 0 ? due : due - window.Due[at - 1])], window.Latencies);

        internal LatencyWindow ToWindow()
        {
            int due = 0;
            return new(Method, Pair, IsPatched, Begin, End) { Due = [.. DueSteps.Select(step => due += step)], Latencies = Latencies, Failed = Failed, Patches = Patches };
        }
    }
}
