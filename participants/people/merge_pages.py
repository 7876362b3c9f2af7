"""The page on which two records of one person are compared and made one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.pages import PageForm, RuleFormView
from participants.people import merging
from participants.people.models import Person

MOST = 10


class MergeForm(PageForm):
    other = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("record"))

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = choices  # type: ignore[attr-defined]


class MergePeople(RuleFormView):
    """Each candidate with what each record says and what would stay."""

    access = "person.change"
    template_name = "people/merge.html"
    form_class = MergeForm

    def person(self) -> Person:
        if not hasattr(self, "_person"):
            self._person: Person = self.allowed(Person.objects.select_related("organisation"), pk=self.kwargs["pk"])
        return self._person

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "choices": merging.candidates(self.person())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = self.person()
        pairs = [{"other": other, "rows": merging.preview(person, other)} for other in merging.candidates(person)[:MOST]]
        return super().get_context_data(**kwargs, person=person, pairs=pairs)

    def apply(self, form: Any) -> str:
        kept = merging.merge_people(keep=self.person(), gone=form.cleaned_data["other"], by=self.request.user)
        messages.success(self.request, _("The two records of %(name)s are one now.") % {"name": kept.name})
        return reverse("people:person", args=[kept.pk])
