{{- /* Lays a map over the base's: maps by key, lists as in k8sexec.join; anything else replaces the base's. */ -}}
{{- define "k8sexec.lay" -}}
{{- $base := index . 0 -}}
{{- $rules := index . 2 -}}
{{- range $key, $value := index . 1 -}}
{{- $there := get $base $key -}}
{{- if and (kindIs "map" $there) (kindIs "map" $value) (not (has $key $rules.whole)) -}}
{{- include "k8sexec.lay" (list $there $value $rules) -}}
{{- else if and (kindIs "slice" $there) (kindIs "slice" $value) -}}
{{- include "k8sexec.join" (list $base $key $value $rules) -}}
{{- else -}}
{{- $_ := set $base $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Joins a list with the base's: maps that have names by name, other maps without repeats. */ -}}
{{- define "k8sexec.join" -}}
{{- $base := index . 0 -}}
{{- $key := index . 1 -}}
{{- $items := index . 2 -}}
{{- $rules := index . 3 -}}
{{- $there := get $base $key -}}
{{- $identity := get $rules.identities $key | default (list "name") -}}
{{- $maps := true -}}
{{- $named := true -}}
{{- range $item := concat $there $items -}}
{{- if not (kindIs "map" $item) -}}
{{- $maps = false -}}
{{- else -}}
{{- range $name := $identity -}}
{{- $named = and $named (hasKey $item $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $joined := $there -}}
{{- range $item := $items -}}
{{- $same := dict -}}
{{- if and $maps $named -}}
{{- range $other := $there -}}
{{- $is_same := true -}}
{{- range $name := $identity -}}
{{- $is_same = and $is_same (deepEqual (get $other $name) (get $item $name)) -}}
{{- end -}}
{{- if $is_same -}}
{{- $same = $other -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $same -}}
{{- include "k8sexec.change" (list $same $item $key $rules) -}}
{{- else if not (has $item $there) -}}
{{- $joined = append $joined $item -}}
{{- end -}}
{{- end -}}
{{- $_ := set $base $key (ternary $joined $items $maps) -}}
{{- end -}}

{{- /* Changes an item of a list into the options' of its name. */ -}}
{{- define "k8sexec.change" -}}
{{- $there := index . 0 -}}
{{- $item := index . 1 -}}
{{- $key := index . 2 -}}
{{- $rules := index . 3 -}}
{{- $image := get $item "image" -}}
{{- $is_one := or (not $image) (deepEqual $image (get $there "image")) (eq $rules.worker (toString $item.name)) -}}
{{- if and (has $key $rules.containers) $is_one -}}
{{- include "k8sexec.lay" (list $there $item $rules) -}}
{{- else if and (hasKey $rules.remedies $key) (not (deepEqual $there $item)) -}}
{{- $base := pick $there "name" "image" "mountPath" | toJson -}}
{{- $another := pick $item "name" "image" "mountPath" | toJson -}}
{{- $both := printf "the base has %s, and the options have another %s" $base $another -}}
{{- $clash := printf "%s: %s; %s." $key $both (get $rules.remedies $key) -}}
{{- $_ := set $rules "clashes" (append $rules.clashes $clash) -}}
{{- else -}}
{{- range keys $there -}}
{{- $_ := unset $there . -}}
{{- end -}}
{{- range $name, $value := $item -}}
{{- $_ := set $there $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Orders a container's variables: each below those that it refers to, as they were otherwise. */ -}}
{{- define "k8sexec.order" -}}
{{- $state := dict "left" dict "ordered" list -}}
{{- range .env -}}
{{- $_ := set $state.left (toString .name) . -}}
{{- end -}}
{{- if eq (len $state.left) (len .env) -}}
{{- range .env -}}
{{- include "k8sexec.visit" (list . $state) -}}
{{- end -}}
{{- $_ := set . "env" $state.ordered -}}
{{- end -}}
{{- end -}}

{{- define "k8sexec.visit" -}}
{{- $variable := index . 0 -}}
{{- $state := index . 1 -}}
{{- if hasKey $state.left $variable.name -}}
{{- $_ := unset $state.left $variable.name -}}
{{- range regexFindAll "\\$(\\$|\\([^)]*\\))" (toString (get $variable "value")) -1 -}}
{{- with get $state.left (trimPrefix "$(" . | trimSuffix ")") -}}
{{- include "k8sexec.visit" (list . $state) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $state "ordered" (append $state.ordered $variable) -}}
{{- end -}}
{{- end -}}

{{- $pod := include "k8sexec.base" . | fromYaml -}}
{{- $options := include "k8sexec.options" . | fromYaml -}}
{{- range $name, $part := dict "base" $pod "options" $options -}}
{{- with get $part "Error" -}}
{{- fail (printf "k8sexec: the %s of the pod template cannot be read: %s" $name .) -}}
{{- end -}}
{{- end -}}
{{- include "k8sexec.lay" (list $pod $options $rules) -}}
{{- $names := list -}}
{{- range $kind := $rules.containers -}}
{{- range get $pod.spec $kind | default list -}}
{{- if has .name $names -}}
{{- $clash := printf "%s: two containers are called %s; %s." $kind (toJson .name) (get $rules.remedies $kind) -}}
{{- $_ := set $rules "clashes" (append $rules.clashes $clash) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- if .env -}}
{{- include "k8sexec.order" . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $rules.clashes -}}
{{- fail (printf "k8sexec:\n%s" (join "\n" .)) -}}
{{- end -}}
{{- /* All readers of YAML read JSON alike. */ -}}
{{ toPrettyJson $pod | replace "\u007f" "\\u007f" | replace "\u0085" "\\u0085" }}
