/** The completion stub for fish: it asks harnex, and prints the candidates. */

export const FISH_STUB = `# fish completion for harnex; made by: harnex completions fish

function __harnex_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (harnex __complete fish -- $words[2..-1] "$current" 2>/dev/null)
    set -l start (string match -r -- '^--[^=]+=' "$current")
    set -l typed (string replace -r -- '^--[^=]+=' '' "$current")
    switch "$answer[1]"
        case words
            printf '%s\\n' $answer[2..-1]
        case files
            printf '%s\\n' "$start"(__fish_complete_path "$typed")
        case directories
            printf '%s\\n' "$start"(__fish_complete_directories "$typed")
    end
end

complete -c harnex -f -a '(__harnex_complete)'
`;
