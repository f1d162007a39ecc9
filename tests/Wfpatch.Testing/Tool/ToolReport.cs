// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Tool;

/// <summary>The JSON document that a command of wfpatch prints, and how the command ended.</summary>
public sealed record ToolReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = false,
    };

    /// <summary>done, refused, pending, gone, usage or denied.</summary>
    public string Result { get; init; } = "";

    public ReportedPatch? Patch { get; init; }

    public long Generation { get; init; }

    public ImmutableArray<ReportedFunction> Functions { get; init; } = [];

    /// <summary>From the first write to the last one that redirects.</summary>
    [JsonPropertyName("arm_us")]
    public double ArmUs { get; init; }

    /// <summary>From arming until the last thread has migrated, or the time limit.</summary>
    [JsonPropertyName("transition_us")]
    public double TransitionUs { get; init; }

    /// <summary>How many times a thread was stopped.</summary>
    public long Stops { get; init; }

    [JsonPropertyName("longest_stop_us")]
    public double LongestStopUs { get; init; }

    [JsonPropertyName("longest_held_us")]
    public double LongestHeldUs { get; init; }

    /// <summary>The same of each stop, of the first thousand.</summary>
    [JsonPropertyName("held_us")]
    public ImmutableArray<double> HeldUs { get; init; } = [];

    /// <summary>Memory that the target holds more.</summary>
    [JsonPropertyName("bytes_added")]
    public long BytesAdded { get; init; }

    /// <summary>How long a thread waited at most for the others; 0 in a local transition.</summary>
    [JsonPropertyName("longest_wait_us")]
    public double LongestWaitUs { get; init; }

    /// <summary>Each time that threads waited for each other; none in a local transition.</summary>
    public ImmutableArray<ReportedAttempt> Attempts { get; init; } = [];

    public ImmutableArray<ReportedThread> Threads { get; init; } = [];

    public ImmutableArray<ReportedRefusal> Refusals { get; init; } = [];

    /// <summary>Not in the document: the command itself, with its exit code, time and memory.</summary>
    [JsonIgnore]
    public CommandResult? Command { get; init; }

    public bool IsDone => Result == "done";

    /// <summary>One line for messages: the result, and each refusal.</summary>
    [JsonIgnore]
    public string Summary => string.Join("; ", Refusals.Select(refusal => $"{refusal.Code} {refusal.Subject}: {refusal.Sentence}").Prepend(Result));

    /// <exception cref="JsonException">It is not one JSON document.</exception>
    public static ToolReport Read(string document) => JsonSerializer.Deserialize<ToolReport>(document, Options) ?? throw new JsonException("null");

    /// <exception cref="InvalidDataException">Its output is not one JSON document.</exception>
    public static ToolReport Parse(CommandResult command)
    {
        try
        {
            return Read(command.Output) with { Command = command };
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{command.Command}: {command.Status}, and no JSON document: {problem.Message}\n{command.Output}{command.Errors}", problem);
        }
    }
}

public sealed record ReportedPatch(string Id, string Name);

/// <param name="Tactic">How the function was redirected.</param>
public sealed record ReportedFunction(string Name, JsonElement Address, string? Tactic);

/// <param name="How">point, outside, born, exited or pending.</param>
/// <param name="AtUs">When it migrated, from arming; null where it has not.</param>
/// <param name="Blocker">For a pending thread: what it waits for.</param>
public sealed record ReportedThread(int Tid, string Name, long Generation, string? How, [property: JsonPropertyName("at_us")] double? AtUs, JsonElement? Blocker)
{
    public bool IsPending => How == "pending";
}

/// <param name="Held">How many threads waited.</param>
/// <param name="Missing">Those that did not come; empty in the one that succeeded.</param>
public sealed record ReportedAttempt([property: JsonPropertyName("waited_us")] double WaitedUs, int Held, ImmutableArray<MissingThread> Missing);

public sealed record MissingThread(int Tid, string Name);

public sealed record ReportedRefusal(string Code, string Subject, string Sentence);
