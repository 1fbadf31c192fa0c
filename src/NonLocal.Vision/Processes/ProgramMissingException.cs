namespace NonLocal.Vision.Processes;

/// <summary>Another program is needed and not there; the message says which, what for, and how to get it.</summary>
public sealed class ProgramMissingException : IOException
{
    internal ProgramMissingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
